/**
 * The lines of a request's head, taken apart in one pass.
 *
 * Forms that servers read differently are refused (a folded or oddly spaced field, a lone CR or LF, a control character …): behind
 * a proxy they can hide a second request in the first.
 *
 * Source     RFC 9112 3 (request line), 5 (fields), 2.2; RFC 9110 5.6.2 (token), 9.1 (methods), 7.6.1 (Connection)
 * Ownership  everything points into the head, whose bytes are changed: names, values and target end with NUL
 * Yields     no
 */
#ifndef PROTOCOL_HTTP_REQUEST_LINES_H
#define PROTOCOL_HTTP_REQUEST_LINES_H

#include <stdbool.h>
#include <stddef.h>

#include "protocol/http/status.h"
#include "protocol/http/url.h"

struct http_request_lines {
    enum http_method  method;
    char             *target; /* without blanks and control characters; not empty */
    struct http_pair *fields; /* the caller's storage, `cap` of them; values are without blanks at either end */
    size_t            n_fields, cap;
    bool              is_http_1_0;
    bool              closes, keeps_alive, upgrades; /* options of Connection */
};

/**
 * Take a whole head apart.
 *
 * Shape      `head` from the request line to the empty line; `lines` has `fields` and `cap`, which is enough for all
 *            fields or HTTP_FIELDS_MAX (request.h)
 * Returns    0, or the status to refuse it with (400, 431, 501, 505), and *why says what is wrong, a literal
 */
int http_request_lines_read(struct http_request_lines *lines, char *head, size_t len, const char **why);

#endif
