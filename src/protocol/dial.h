/**
 * A TCP connection to a host by its name. All its addresses are tried, in the resolver's order.
 *
 * Units      deadline_us: absolute now_us() time
 */
#ifndef PROTOCOL_DIAL_H
#define PROTOCOL_DIAL_H

#include <stdint.h>

#include "core/err.h"
#include "protocol/io.h"

/**
 * Connect to the first address that answers, without Nagle's delay. A silent address uses up only its share of the remaining
 * time, so that the others can still be tried.
 *
 * Ownership  after an error the io is closed
 * Errors     those of resolve.h; E_SOCKET_CONNECT, E_SOCKET_CREATE, E_SOCKET_TIMEOUT for the last address;
 *            E_THREAD_INTERRUPTED
 * Yields     yes
 */
struct err *dial(struct io *io, const char *host, uint16_t port, int64_t deadline_us) ATTR_MUST_USE;

#endif
