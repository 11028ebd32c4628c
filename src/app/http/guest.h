/**
 * Connections at a port of HTTP that belong to another service, which shares the port: their first byte tells.
 */
#ifndef APP_HTTP_GUEST_H
#define APP_HTTP_GUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/err.h"

struct http_conn;

/**
 * Look at the first byte of a connection, before TLS. Where no other service shares the port, nothing is waited for.
 *
 * Returns    *is_taken: the other service has the connection now, and `c` has but its own descriptor of it, to be closed
 * Errors     those of the socket, but none if nothing comes until the deadline: then it is a connection of HTTP
 * Yields     yes
 */
struct err *http_guest_take(struct http_conn *c, int64_t deadline_us, bool *is_taken) ATTR_MUST_USE;

#endif
