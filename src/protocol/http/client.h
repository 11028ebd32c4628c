/**
 * An HTTP/1.1 client: one request and its response, read in whole or as it comes, on a connection of its own or of a pool.
 *
 *     struct http_client_request r = { .method = HTTP_POST, .url = url, .body = json, .body_len = len,
 *                                      .content_type = "application/json" };
 *     http_client_open(&c, &r, deadline)                  c.response has status and fields
 *     http_client_read(&c, &data, &len, deadline) …       pieces of the body, len 0 at its end, or
 *     http_client_read_all(&c, cap, &body, &len, deadline)
 *     http_client_close(&c)
 *
 * With a pool, the connection of an earlier request to the same server is used, and kept afterwards if the whole response has been
 * read. A server may close a connection while a request is on its way to it: a request that gets not one byte of a response on
 * a connection that was used before is sent again, on a new one (RFC 9112, 9.3.1 and 9.5).
 *
 * A client that waits for a response holds no buffer: it costs its connection.
 *
 * Names are resolved off the loop. When an address of a host fails, the next one is tried. HTTPS needs a context with the
 * trusted certificates.
 *
 * Source     RFC 9110, RFC 9112
 * Units      deadlines are absolute now_us() times
 * Ownership  struct http_client must stay where it is between open and close; the request is borrowed by open alone
 * Errors     those of resolve.h, io.h, tls.h; E_HTTP_PARSE_URI; E_HTTP_PARSE_HEADER for an invalid response, and for a
 *            field with a line break; E_HTTP_302_INVALID beyond the redirects that are allowed; E_HTTPS_NOT_SUPPORTED
 *            without a context
 */
#ifndef PROTOCOL_HTTP_CLIENT_H
#define PROTOCOL_HTTP_CLIENT_H

#include <http_parser.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/err.h"
#include "protocol/http/chunked.h"
#include "protocol/http/response.h"

struct http_line;
struct http_pool;
struct tls_ctx;

enum {
    HTTP_CLIENT_BUFFER = 16 << 10, /* and a response's head must fit into it */
    HTTP_CLIENT_FIELDS_MAX = 100,
    HTTP_CLIENT_INTERIM_MAX = 8, /* interim responses, such as 103, before the final one */
};

struct http_client_request {
    enum http_method method;
    const char      *url;
    const struct http_pair
                     *fields; /* besides Host, User-Agent and those of the body; sent only to the host of the URL */
    size_t            n_fields;
    const char       *content_type; /* type of the body, if there is one */
    const void       *body;
    size_t            body_len;
    struct tls_ctx   *tls;  /* NULL: no HTTPS */
    struct http_pool *pool; /* NULL: the connection is not kept */
    int redirects_max;      /* redirects of GET and HEAD that are followed; more are an error. 0: none is followed */

    /**
     * Asked about each new connection, also after redirects, before anything is sent on it: its error ends the request. It must not yield.
     * NULL: nobody is asked.
     */
    struct err *(*judge)(void *arg, int fd);
    void *judge_arg;
};

struct http_client {
    struct http_line    *line; /* the connection */
    struct http_pool    *pool;
    struct http_response response;
    char                *url; /* URL of the response, after redirects */
    char                *buf; /* bytes from the socket; NULL: there have been none yet */
    size_t               at, len;
    void                *head; /* memory that `response` points into */
    struct http_chunked  chunked;
    uint64_t             left; /* bytes left of HTTP_BODY_LENGTH */
    bool                 ended;
    bool                 heard; /* some of a response has come */
    bool was_sent;              /* some of the request has gone out; set after an error of http_client_open() as well */
};

/**
 * Connect, send the request, and read the head of the response, whose status may be any. After an error there is nothing to
 * close. Yields.
 */
struct err *http_client_open(struct http_client *c, const struct http_client_request *r,
                             int64_t deadline_us) ATTR_MUST_USE;

/** Close the connection and free the response. Takes a client that is all zero. */
void http_client_close(struct http_client *c);

/**
 * The next piece of the body, as it comes; *len is 0 at its end.
 *
 * Ownership  *data is valid until the next call
 * Errors     E_HTTP_RESPONSE_EOF, E_HTTP_INVALID_CHUNK_HEADER for a body that is cut short or invalid
 * Yields     yes
 */
struct err *http_client_read(struct http_client *c, const void **data, size_t *len, int64_t deadline_us) ATTR_MUST_USE;

/**
 * The whole body, of at most `cap` bytes, with a NUL behind it that `len` does not count.
 *
 * Ownership  *body is the caller's, mem_free()
 * Errors     those of http_client_read(); E_HTTP_CONTENT_LENGTH when it is longer; E_LIMIT when it is not small and the process holds
 *            more memory than its limit (core/mem.h), or when it gave way because of that (protocol/unfinished.h)
 * Yields     yes
 */
struct err *http_client_read_all(struct http_client *c, size_t cap, char **body, size_t *len,
                                 int64_t deadline_us) ATTR_MUST_USE;

#endif
