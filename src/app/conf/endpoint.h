/**
 * An endpoint as `listen` writes it: `1935`, `127.0.0.1:1935`, `[::1]:1935`, `:::1935`.
 *
 * A bare port means every IPv4 address, "0.0.0.0". On a host without IPv4 the caller opens "::" in its place.
 *
 * Yields     no
 */
#ifndef APP_CONF_ENDPOINT_H
#define APP_CONF_ENDPOINT_H

#include <stdbool.h>

struct conf_words;

struct conf_endpoint {
    char ip[64]; /* for inet_pton, without brackets */
    bool ipv6;
    int  port; /* 1 to 65535 */
    bool any;  /* a bare port was written */
};

enum conf_endpoint_read { CONF_ENDPOINT_OK, CONF_ENDPOINT_BAD_IP, CONF_ENDPOINT_BAD_PORT };

/** Parse an endpoint. `e` is filled as far as possible, even on an error. Host names are not addresses here. */
enum conf_endpoint_read conf_endpoint_parse(const char *text, struct conf_endpoint *e);

/** True if a valid endpoint of a `listen` has this port. */
bool conf_endpoints_have_port(const struct conf_words *listen, int port);

/** True for an endpoint at all addresses of the machine: a bare port, "0.0.0.0" or "::". */
bool conf_endpoint_is_any(const struct conf_endpoint *e);

#endif
