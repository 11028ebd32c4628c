/**
 * An address to bind, as an endpoint of `listen` names it.
 *
 * Yields     no
 */
#ifndef APP_LISTEN_ADDRESS_H
#define APP_LISTEN_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

struct listen_address {
    struct sockaddr_storage addr; /* the bytes after the address are zero, so that two addresses compare by memcmp() */
    socklen_t               len;
};

/** Parse an endpoint. A bare port means every IPv4 address, or every IPv6 address on a host without IPv4. False when the text is
 * no endpoint. */
bool listen_address_parse(const char *text, struct listen_address *out);

int listen_address_port(const struct listen_address *e);

#endif
