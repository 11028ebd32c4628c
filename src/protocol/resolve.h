/**
 * Resolution of host names: a thread (OFFLOAD_DNS) asks the resolver while the coroutine waits.
 *
 * A name that does not resolve holds up its caller until the deadline, and a thread until the resolver gives up.
 *
 * Source     getaddrinfo(3), RFC 6724 for the order
 */
#ifndef PROTOCOL_RESOLVE_H
#define PROTOCOL_RESOLVE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "core/attr.h"
#include "core/err.h"

struct addrinfo;

enum {
    RESOLVE_NAME_MAX = 253,    /* RFC 1035, 2.3.4, as text */
    RESOLVE_ADDRESSES_MAX = 8, /* Further addresses are ignored. */
};

struct resolved {
    size_t count; /* at least 1 */
    struct resolved_address {
        struct sockaddr_storage addr;
        socklen_t               len;
    } items[RESOLVE_ADDRESSES_MAX];
};

/** Parse an IPv4 or IPv6 address, with or without brackets. False if `host` is a name. Does not yield. */
bool resolve_numeric(const char *host, uint16_t port, struct resolved *out);

/**
 * Find the addresses of a host, IPv4 and IPv6, in the order in which they should be tried.
 *
 * Errors     E_SYSTEM_DNS_RESOLVE  the host does not exist, or the text is no host name
 *            those of offload(): E_SOCKET_TIMEOUT at the deadline, E_THREAD_INTERRUPTED, E_LIMIT
 * Yields     yes, except for a numeric host
 */
struct err *resolve(const char *host, uint16_t port, int64_t deadline_us, struct resolved *out) ATTR_MUST_USE;

/** A replacement of getaddrinfo() and freeaddrinfo() for tests, called on a thread. NULL sets the real ones again. */
struct resolver {
    int (*lookup)(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **found);
    void (*release)(struct addrinfo *found);
};
void resolve_with(const struct resolver *resolver);

#endif
