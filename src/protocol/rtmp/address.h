/**
 * The address of a stream on another server, split into the parts that a client needs: host and port to connect to, tcUrl and
 * names to send.
 *
 *     rtmp://h/live/s?k=v                   connect to h:1935, tcUrl rtmp://h/live, stream s?k=v
 *     rtmps://h/live/s?vhost=v              h:443, TLS, tcUrl rtmps://h/live?vhost=v, stream s?vhost=v
 *     rtmp://[::1]:1936/a/b/s               ::1 port 1936, tcUrl rtmp://[::1]:1936/a/b, stream s
 *     rtmp://user:p%40ss@h/live/s           user "user", password "p@ss"; the rest as without them
 *
 * Yields     no
 */
#ifndef PROTOCOL_RTMP_ADDRESS_H
#define PROTOCOL_RTMP_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"

struct rtmp_address {
    bool        tls;
    uint16_t    port;
    const char *host;            /* without brackets */
    const char *tc_url, *app;    /* arguments of connect */
    const char *stream;          /* argument of publish and play, with its parameters */
    const char *user, *password; /* of the URL, decoded; "" if it has none */
    char       *block;           /* storage of all texts */
};

/**
 * Parse a URL.
 *
 * Ownership  release with rtmp_address_finish(), also after an error
 * Errors     E_RTMP_REQ_TCURL          not a URL of RTMP, or a part of it is not allowed (url.h)
 *            E_RTMP_STREAM_NAME_EMPTY  no app, or no stream
 *            E_LIMIT, out of memory
 */
struct err *rtmp_address_parse(struct rtmp_address *a, const char *url) ATTR_MUST_USE;

/**
 * Read a URL that ends with the app, while the stream is named apart from it. Otherwise as rtmp_address_parse().
 *
 * Shape      `stream` is the stream's name with its parameters; "": the URL has it
 */
struct err *rtmp_address_parse_names(struct rtmp_address *a, const char *url, const char *stream) ATTR_MUST_USE;

/** Free the texts. Takes an address that is all zero. */
void rtmp_address_finish(struct rtmp_address *a);

#endif
