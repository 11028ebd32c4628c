/**
 * Replies to requests whose coroutines sleep: many are made in a row, by another coroutine, and go to the kernel by few system calls
 * (send_ring.h). No coroutine is woken only to write.
 *
 *     struct http_sleeper s = { .x = x, .co = co_self() };     the request waits; this lies on its stack
 *     …
 *     if (http_batch_begin(&s))                                another coroutine answers it
 *         http_batch_end(&s, http_reply(s.x, 200, …));         any reply: its bytes are gathered, so it does not yield
 *     else
 *         wake the coroutine, which replies by itself
 *     http_batch_flush();                                      before the next yield
 *     …
 *     if (s.is_answered)                                       its coroutine has been woken, by the peer's next request at the latest
 *         return http_sleeper_finish(&s);
 *
 * What the socket does not take is kept, and the coroutine is woken to write it: a slow peer holds up nobody.
 *
 * The process has one batch.
 *
 * Yields     only http_sleeper_finish()
 */
#ifndef PROTOCOL_HTTP_BATCH_H
#define PROTOCOL_HTTP_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "core/attr.h"
#include "core/buf.h"
#include "core/err.h"

struct co;
struct http_exchange;

/** A request that waits for its reply. It must not move from http_batch_begin() on. */
struct http_sleeper {
    struct http_exchange *x;
    struct co            *co;
    bool                  is_answered;
    const uint8_t        *bytes; /* of the reply, until the flush */
    size_t                len;
    struct buf            rest;  /* what the coroutine must write */
    struct err           *error; /* what ended the reply; NULL: nothing */
};

/**
 * Begin to gather the reply. False if the coroutine must reply by itself: over TLS or HTTP/2, if the connection is to be closed, if the
 * peer has already sent more or has left, or without io_uring.
 */
bool http_batch_begin(struct http_sleeper *s) ATTR_MUST_USE;

/** Append bytes of the reply. For exchange.c. */
void http_batch_put(struct http_sleeper *s, const struct iovec *iov, int n_iov);

/** The reply is complete, or ended with an error, of which the sleeper becomes the owner. */
void http_batch_end(struct http_sleeper *s, struct err *e);

/** Write the replies. */
void http_batch_flush(void);

/** End the exchange of a sleeper that was answered: write what is left. Errors: those of the reply, the socket's. Yields. */
struct err *http_sleeper_finish(struct http_sleeper *s) ATTR_MUST_USE;

#endif
