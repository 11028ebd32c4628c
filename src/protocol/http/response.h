/**
 * The head of an HTTP response, parsed.
 *
 * Source     RFC 9112 4 and 6.3
 * Yields     no
 */
#ifndef PROTOCOL_HTTP_RESPONSE_H
#define PROTOCOL_HTTP_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/http/url.h"

/* The rule by which the end of the body is found. */
enum http_body_end { HTTP_BODY_NONE, HTTP_BODY_LENGTH, HTTP_BODY_CHUNKED, HTTP_BODY_CLOSE };

struct http_response {
    int                     status;
    const struct http_pair *fields;
    size_t                  n_fields;
    enum http_body_end      body_end;
    uint64_t                content_length; /* length of HTTP_BODY_LENGTH */
    bool                    stays;          /* another request may follow on the connection (RFC 9112, 9.3) */
};

/** The first field of that name, without regard to case; NULL when there is none. */
const char *http_response_field(const struct http_response *r, const char *name);

/**
 * Parse a whole head.
 *
 * Shape      `head` from the status line to the empty line; `fields` has room for `cap`; `is_head`: the answer to HEAD
 * Ownership  `r` points into both; the bytes of `head` are changed
 * Returns    NULL, or what is wrong with it, a literal
 */
const char *http_response_parse(struct http_response *r, char *head, size_t len, struct http_pair *fields, size_t cap,
                                bool is_head);

#endif
