/**
 * Multicast groups that a UDP socket hears.
 *
 * Source     RFC 3678 5.1 (joining for any source, or for some), RFC 4607 (source-specific multicast)
 * Yields     no
 */
#ifndef PROTOCOL_MULTICAST_H
#define PROTOCOL_MULTICAST_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "core/attr.h"
#include "core/err.h"

/** True if the address is a multicast group. */
bool multicast_is_group(const struct sockaddr *addr);

/**
 * Let the socket hear a group. A group that it hears already stays.
 *
 * Shape      interface: its name; "": that of the route to the group. sources: addresses of the only senders that are heard; none: all
 * Errors     E_SOCKET_CREATE, with errno of the system, or because a text is no address or no interface
 */
struct err *multicast_join(int fd, const struct sockaddr *group, const char *interface, char *const *sources,
                           size_t n_sources) ATTR_MUST_USE;

#endif
