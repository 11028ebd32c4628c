/**
 * GET for an attempt: certificates, redirects, and loops are looked after.
 *
 * Yields     yes
 */
#ifndef APP_RELAY_HTTP_GET_H
#define APP_RELAY_HTTP_GET_H

#include <stdint.h>

#include "app/relay/attempt.h"
#include "core/attr.h"
#include "core/err.h"
#include "protocol/http/client.h"

/** What is asked for. */
struct http_get {
    const char       *url;
    int64_t           offset, len; /* a range of bytes; len 0: all */
    struct http_pool *pool;        /* NULL: a connection of its own */
};

/**
 * Send the request, and read the head of the answer, which is one of success.
 *
 * Ownership  close with http_client_close(), also after an error
 * Errors     those of http_client_open(); E_HTTP_STATUS_INVALID: another status; E_SYSTEM_FORWARD_LOOP: this server would serve the
 *            very stream that it is to make
 */
struct err *http_get_open(struct http_client *c, struct attempt *a, const struct http_get *get,
                          int64_t deadline_us) ATTR_MUST_USE;

#endif
