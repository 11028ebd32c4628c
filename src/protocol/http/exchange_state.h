/**
 * The contents of an exchange, for exchange.c, body.c and serve.c, and for protocol/http2.
 *
 * Yields     no
 */
#ifndef PROTOCOL_HTTP_EXCHANGE_STATE_H
#define PROTOCOL_HTTP_EXCHANGE_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/buf.h"
#include "core/err.h"
#include "protocol/http/chunked.h"
#include "protocol/http/request.h"
#include "protocol/http/serving.h"
#include "protocol/io.h"
#include "protocol/unfinished.h"

/* Bytes that were received and not taken yet. An empty input holds no memory. */
struct http_input {
    char  *buf;
    size_t at, len; /* `len` bytes from `at` */
};

struct http_sleeper;

/** How an exchange that is not one of HTTP/1.1 gets its body and gives its reply. All of them yield. */
struct http_transport {
    /** Wait until x->in has bytes of the request's body, or body_ended is set. */
    struct err *(*receive)(struct http_exchange *x, int64_t deadline_us);

    /** `n` bytes of the body were taken from x->in. Does not yield. */
    void (*took)(struct http_exchange *x, size_t n);

    /** Send the head of the reply, with x->fields, and a body that is complete already. x->ended tells that nothing follows. */
    struct err *(*begin)(struct http_exchange *x, int64_t length, const void *body, size_t len);

    /** Send a whole piece of the body. x->left counts without it. */
    struct err *(*write)(struct http_exchange *x, const void *buf, size_t len);

    struct err *(*end)(struct http_exchange *x);
};

struct http_exchange {
    struct io                   *io;
    const struct http_transport *transport; /* NULL: HTTP/1.1 */
    const struct http_serving   *serving;
    void                        *owner;
    struct http_input            in;
    struct unfinished            unfinished; /* registers the input, so that the process can take its memory back */
    bool                         gave_way;   /* the memory was taken back: nothing more can be read */

    void               *memory; /* holds the request */
    struct http_request request;
    bool                owes_continue; /* the peer waits for "100 Continue" */
    bool                body_ended;
    uint64_t            body_left; /* bytes of Content-Length that are still to come */
    struct http_chunked chunked;
    struct buf          body;

    struct buf fields; /* the reply's header fields, as text */
    int        status;
    int64_t    until_us; /* the end of the peer's time to take the reply; 0: there is none */
    int64_t    ends_us;  /* the end of the reply, whatever it is; 0: there is none */
    int64_t    left;     /* bytes of the reply's Content-Length that are not sent yet; negative: unknown */
    bool       begun, ended, is_chunked, wants_body;
    bool       close_after; /* the connection closes after this exchange: by request, or because framing is lost */
    bool       close_asked; /* by request */

    struct http_sleeper *sleeper; /* gathers the reply (batch.h); NULL: it is sent */
};

/** Serve the exchange: call the handler, and turn its error into a reply if none has begun. Yields. */
struct err *http_exchange_run(struct http_exchange *x) ATTR_MUST_USE;

/** Read the rest of the request's body, within bounds. Sets close_after if that was not all of it. Yields. */
void http_exchange_drain(struct http_exchange *x);

/** Append bytes that were received. Errors: E_LIMIT when the process has no memory for them. Does not yield. */
struct err *http_input_add(struct http_exchange *x, const void *bytes, size_t n) ATTR_MUST_USE;

/** Append what has come, without waiting. Errors: as those of http_input_more(). Does not yield. */
struct err *http_input_now(struct http_exchange *x) ATTR_MUST_USE;

/** Wait for more input and append it. Errors: reading; E_LIMIT when the process has no memory for it. Yields. */
struct err *http_input_more(struct http_exchange *x, int64_t deadline_us) ATTR_MUST_USE;

/** Drop the first `n` bytes. */
void http_input_take(struct http_exchange *x, size_t n);

/** Get ready for the next request; the input stays. */
void http_exchange_reset(struct http_exchange *x);

/** Forget the fields that the reply was given. */
void http_exchange_drop_fields(struct http_exchange *x);

/** Frees everything that the exchange holds. */
void http_exchange_finish(struct http_exchange *x);

#endif
