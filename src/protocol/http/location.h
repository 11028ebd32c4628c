/**
 * The location of an HTTP resource: an absolute URL in its parts, and references that redirect to another one.
 *
 * Source     RFC 3986, RFC 9110 4.2 and 10.2.2
 * Yields     no
 */
#ifndef PROTOCOL_HTTP_LOCATION_H
#define PROTOCOL_HTTP_LOCATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/err.h"

enum {
    HTTP_URL_MAX = 4096,
    HTTP_URL_HOST_MAX = 255, /* RFC 1035, 2.3.4 */
    HTTP_PORT_DEFAULT = 80,
    HTTPS_PORT_DEFAULT = 443,
};

struct http_location {
    bool        tls;
    char        host[HTTP_URL_HOST_MAX + 1]; /* without brackets */
    uint16_t    port;
    const char *target; /* path and query, in the URL's text; may be empty, or begin with '?': then the path is "/" */
    size_t      target_len;
};

/**
 * Take an http or https URL apart. A fragment is left out.
 *
 * Ownership  `l->target` points into `url`
 * Errors     E_HTTP_PARSE_URI  another scheme, no host, a user and password, a character that has to be escaped, or longer
 *                              than HTTP_URL_MAX
 */
struct err *http_location_parse(struct http_location *l, const char *url) ATTR_MUST_USE;

/** The host as a Host field has it: in brackets if needed, with the port unless it is the default of the scheme. */
const char *http_location_authority(const struct http_location *l, char *buf, size_t cap);

/**
 * Resolve the reference in a Location field against the requested URL. ".." stays in the result; the server resolves it.
 *
 * Errors     E_HTTP_PARSE_URI  `base` is no URL, or the result is too long
 */
struct err *http_location_resolve(const char *base, const char *reference,
                                  char url[static HTTP_URL_MAX + 1]) ATTR_MUST_USE;

#endif
