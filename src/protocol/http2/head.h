/**
 * The head of a request, from HTTP/2's fields to the text that HTTP/1.1 would have: it is parsed and checked by the same code.
 *
 *     http2_head_begin(&h)
 *     http2_head_add(&h, name, value) …           in the order of the frames
 *     status = http2_head_text(&h, &text)
 *
 * Source     RFC 9113, 8.3 (pseudo-header fields), 8.2.3 (Cookie)
 * Shape      all zero: no head
 * Ownership  http2_head_finish() frees the bytes
 * Yields     no
 */
#ifndef PROTOCOL_HTTP2_HEAD_H
#define PROTOCOL_HTTP2_HEAD_H

#include <stdbool.h>
#include <stddef.h>

#include "core/buf.h"

struct http2_span {
    size_t at, len;
};

struct http2_head {
    struct buf        pseudo; /* values of the fields that begin with a colon */
    struct buf        fields; /* "name: value CR LF" of all others */
    struct http2_span method, path, authority;
    size_t            cookie_end; /* offset behind the first Cookie in `fields`; 0: none */
};

void http2_head_begin(struct http2_head *h);

/** Add a field. Names and values contain no line breaks and no NUL: nghttp2 has checked them. */
void http2_head_add(struct http2_head *h, const char *name, size_t name_len, const char *value, size_t value_len);

/**
 * Write the text, from the request line to the empty line, to `text`, which is empty and takes HTTP_HEAD_MAX bytes.
 *
 * Returns    0, or the status to refuse the request with: 414, 431, 501 for CONNECT, 503 without memory
 */
int http2_head_text(const struct http2_head *h, struct buf *text);

/** True if the method is that one. */
bool http2_head_has_method(const struct http2_head *h, const char *method);

void http2_head_finish(struct http2_head *h);

#endif
