/**
 * The head of an HTTP request, taken apart.
 *
 * Source     RFC 9112 (request line, fields), RFC 3986 (path, query)
 * Ownership  everything is borrowed from the connection's buffers, for the time of the exchange
 * Yields     no
 */
#ifndef PROTOCOL_HTTP_REQUEST_H
#define PROTOCOL_HTTP_REQUEST_H

#include <http_parser.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** A header field, or a pair of the query: both end with NUL. */
struct http_pair {
    const char *name, *value;
};

enum { HTTP_FIELDS_MAX = 100, HTTP_PARAMS_MAX = 100 };

struct http_request {
    enum http_method        method; /* as sent: HEAD and OPTIONS are there too */
    const char             *path;   /* percent-decoded; starts with '/', has no "." or ".." segment and no NUL in it */
    const char             *raw_path;  /* as sent */
    const char             *raw_query; /* as sent, without the '?'; "" when there is none */
    const char             *host; /* without port, lower case; of an absolute target, else of Host; "" when unknown */
    const char             *host_port; /* as sent, with the port */
    const struct http_pair *params;    /* the query's, decoded, in their order */
    size_t                  n_params;
    const struct http_pair *fields;
    size_t                  n_fields;
    bool                    is_http_1_0;
    bool                    keep_alive;
    bool                    upgrade; /* the connection is to become a WebSocket, or something else */
    bool                    has_body;
    int64_t                 content_length; /* -1: chunked */
};

/** The first field of that name, whatever the case of its letters; NULL when there is none. */
const char *http_request_field(const struct http_request *r, const char *name);

/** The first parameter of that name; NULL when there is none, "" when it has no value. */
const char *http_request_param(const struct http_request *r, const char *name);

/** The vhost that is asked for: parameter `vhost`, else `domain`, else the host. */
const char *http_request_vhost(const struct http_request *r);

#endif
