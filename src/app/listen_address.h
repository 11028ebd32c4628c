/**
 * The endpoints that `listen` names, as addresses to bind.
 *
 * Yields     no
 */
#ifndef APP_LISTEN_ADDRESS_H
#define APP_LISTEN_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

struct endpoint {
    struct sockaddr_storage addr; /* zero behind the address: endpoints compare as bytes */
    socklen_t               len;
};

/** A bare port is every IPv4 address; on a host without IPv4 every IPv6 address. False when the text is none. */
bool endpoint_parse(const char *text, struct endpoint *out);

int endpoint_port(const struct endpoint *e);

#endif
