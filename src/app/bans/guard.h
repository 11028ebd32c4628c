/**
 * Bans at the door of every session, and of requests that have none.
 *
 * Yields     no
 */
#ifndef APP_BANS_GUARD_H
#define APP_BANS_GUARD_H

#include "app/session/session.h"
#include "core/attr.h"
#include "core/err.h"

/** E_BANNED: the stream is banned, for a request without a session. Names are in normal form. */
struct err *ban_check_stream(const struct conf_vhost *vhost, const char *app, const char *stream) ATTR_MUST_USE;

/** E_BANNED: the user is banned; NULL and "" are nobody. */
struct err *ban_check_user(const char *user) ATTR_MUST_USE;

/** E_BANNED: the client's address or the stream is banned. */
extern const struct session_guard ban_guard;

/** E_BANNED: the user is banned. Stands behind the guards that find out who the user is. */
extern const struct session_guard ban_user_guard;

#endif
