/**
 * `auth` of a vhost at the door: tokens of publishers and players. A token that expires ends the session that it let in.
 */
#ifndef APP_AUTH_GUARD_H
#define APP_AUTH_GUARD_H

#include "app/session/session.h"

extern const struct session_guard auth_guard;

#endif
