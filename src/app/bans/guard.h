/**
 * Bans at the door of every session.
 *
 * Yields     no
 */
#ifndef APP_BANS_GUARD_H
#define APP_BANS_GUARD_H

#include "app/session/session.h"

/** E_BANNED: the client's address or the stream is banned. */
extern const struct session_guard ban_guard;

/** E_BANNED: the user is banned. Stands behind the guards that find out who the user is. */
extern const struct session_guard ban_user_guard;

#endif
