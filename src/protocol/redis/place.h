/**
 * Where a server of Redis is, and as whom it is spoken to.
 *
 *     redis://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE]
 *
 * Password and user may have %XX. Without a port it is 6379, without a database 0.
 *
 * Source     the scheme as IANA has it (provisional, redis)
 * Yields     no
 */
#ifndef PROTOCOL_REDIS_PLACE_H
#define PROTOCOL_REDIS_PLACE_H

#include <stdbool.h>
#include <stdint.h>

#include "protocol/resolve.h"

enum {
    REDIS_PORT_DEFAULT = 6379,
    REDIS_DATABASE_MAX = 9999,
    REDIS_USER_MAX = 64,
    REDIS_PASSWORD_MAX = 256,
    REDIS_NAME_CAP = RESOLVE_NAME_MAX + 32,
};

struct redis_place {
    char     host[RESOLVE_NAME_MAX + 1]; /* IPv6 without brackets */
    uint16_t port;
    int      database;
    char     user[REDIS_USER_MAX + 1], password[REDIS_PASSWORD_MAX + 1]; /* "": none */
};

/** Take a URL apart. False: it is none. */
bool redis_place_parse(struct redis_place *p, const char *url);

/** "redis://HOST:PORT/DATABASE", without user and password, for the log. */
const char *redis_place_name(const struct redis_place *p, char buf[static REDIS_NAME_CAP]);

#endif
