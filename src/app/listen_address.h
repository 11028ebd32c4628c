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
    struct sockaddr_storage addr; /* zero behind the address, so that two compare as bytes */
    socklen_t               len;
};

/** A bare port is every IPv4 address; on a host without IPv4 every IPv6 address. False when the text is no endpoint. */
bool listen_address_parse(const char *text, struct listen_address *out);

int listen_address_port(const struct listen_address *e);

#endif
