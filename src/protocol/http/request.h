/**
 * The head of an HTTP request, parsed.
 *
 * What servers read differently is refused (two lengths, two hosts, and the forms that request_lines.h names): behind a proxy it can
 * hide a second request in the first.
 *
 * Source     RFC 9112 (request line, fields, framing), RFC 3986 (path, query)
 * Ownership  everything in it is borrowed from the connection's buffers, for the time of the exchange
 * Yields     no
 */
#ifndef PROTOCOL_HTTP_REQUEST_H
#define PROTOCOL_HTTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/http/status.h"
#include "protocol/http/url.h"

enum {
    HTTP_REQUEST_LINE_MAX = 8 << 10, /* RFC 9112 3: at least 8000 octets */
    HTTP_HEAD_MAX = 32 << 10,
    HTTP_FIELDS_MAX = 100,
    HTTP_HOST_MAX = 255 + sizeof ":65535" - 1, /* RFC 1035 2.3.4 */
};

struct http_request {
    enum http_method        method;    /* the method in the request; may be HEAD or OPTIONS */
    const char             *path;      /* http_path_decode(); "/" for "*" */
    const char             *raw_path;  /* as sent */
    const char             *raw_query; /* as sent, without the '?'; "" when there is none */
    const char             *host; /* without port, lower case; of an absolute target, else of Host; "" when unknown */
    const char             *host_port; /* as sent, with the port */
    const struct http_pair *params;    /* parameters of the query, decoded, in the order of the query */
    size_t                  n_params;
    const struct http_pair *fields;
    size_t                  n_fields;
    bool                    is_http_1_0;
    bool                    keep_alive;
    bool                    upgrade;          /* the connection is to become a WebSocket, or something else */
    bool                    expects_continue; /* the peer sends the body on request: Expect: 100-continue */
    bool                    has_body;
    int64_t                 content_length; /* -1: chunked */
};

/** The first field of that name, without regard to case; NULL when there is none. */
const char *http_request_field(const struct http_request *r, const char *name);

/** The first parameter of that name; NULL when there is none, "" when it has no value. */
const char *http_request_param(const struct http_request *r, const char *name);

/** The vhost that is asked for: parameter `vhost`, else `domain`, else the host. */
const char *http_request_vhost(const struct http_request *r);

/**
 * Find the end of the head in the bytes that have come.
 *
 * Shape      `buf` starts at the request line; *looked is 0 at first and remembers how far the search has come
 * Returns    0 when it has come: *head_len bytes with the empty line; -1 when more must come; else the status to refuse
 *            it with: 414 and 431 when it exceeds its bounds
 */
int http_head_find(const char *buf, size_t len, size_t *looked, size_t *head_len);

/** Bytes of memory that http_request_parse() needs beside the head. */
size_t http_request_room(const char *head, size_t len);

/**
 * Parse a whole head.
 *
 * Shape      `head` from the request line to the empty line; `room` is http_request_room() bytes, aligned for pointers
 * Ownership  `r` points into both; the bytes of `head` are changed
 * Returns    0, or the status to refuse it with (400, 431, 501, 505), and *why says what is wrong, a literal
 */
int http_request_parse(struct http_request *r, char *head, size_t len, void *room, const char **why);

#endif
