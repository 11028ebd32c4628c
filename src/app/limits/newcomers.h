/**
 * Connections that have not said what they want yet, counted by the addresses of their sockets: `newcomers_per_ip`.
 *
 * `limits` of a vhost counts clients that have named a stream. A peer that opens connections and says nothing, or goes on with a handshake
 * or a head without end, has named none; without a bound it could take all places of the server.
 *
 * Yields     no
 */
#ifndef APP_LIMITS_NEWCOMERS_H
#define APP_LIMITS_NEWCOMERS_H

#include <stdbool.h>
#include <sys/socket.h>

#include "app/conf/conf.h"

struct tally;

/** One connection; all zero: it is not counted. */
struct newcomer {
    struct tally *address;
};

/** True if the peer's address has as many newcomers as the configuration allows. A trusted proxy may have any number: it is many clients. */
bool newcomers_are_full(const struct conf *conf, const struct sockaddr *peer);

/** Count a connection from this address. Nothing is counted without memory, or where there is no bound. */
void newcomer_begin(struct newcomer *n, const struct conf *conf, const char *ip);

/** It has said what it wants, or has ended. May be called again. */
void newcomer_end(struct newcomer *n);

#endif
