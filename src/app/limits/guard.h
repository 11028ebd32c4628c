/**
 * `limits` of a vhost: how many clients, how often, how fast, how many wrong passwords.
 */
#ifndef APP_LIMITS_GUARD_H
#define APP_LIMITS_GUARD_H

#include "app/session/session.h"

/** Counts a client from its admission to its end. E_LIMIT: there are as many as the vhost allows. Does not yield. */
extern const struct session_guard limit_guard;

/**
 * A client of the vhost brought a wrong password: too many of them within a minute ban its address. A trusted proxy, which did not tell
 * for whom it speaks, is not banned: it is many clients. Does not yield.
 */
void limits_wrong_password(const struct conf *conf, const struct conf_vhost *vhost, const char *ip);

#endif
