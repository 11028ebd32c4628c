/**
 * Declarations for the files of this folder alone.
 *
 * conn.c reads and waits, receive.c takes what nghttp2 has read, output.c gathers frames and writes them, stream.c is one request:
 * the io and the transport of its exchange.
 *
 * A stream lives as long as nghttp2 knows it (`is_open`) or its coroutine runs (`is_running`).
 */
#ifndef PROTOCOL_HTTP2_INTERNAL_H
#define PROTOCOL_HTTP2_INTERNAL_H

#include <nghttp2/nghttp2.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "core/attr.h"
#include "core/budget.h"
#include "core/err.h"
#include "core/list.h"
#include "protocol/co.h"
#include "protocol/http/exchange.h"
#include "protocol/http/exchange_state.h"
#include "protocol/http2/head.h"
#include "protocol/http2/http2.h"
#include "protocol/io.h"

/* Room for nghttp2's words about a peer's fault. */
enum { HTTP2_REASON_CAP = 128 };

struct http2_conn {
    struct io                 *io;
    const struct http_serving *serving;
    nghttp2_session           *session;
    struct co                 *co;
    struct co_group            handlers;
    struct list                streams;
    struct list                starved;   /* streams whose io is to become writable again */
    struct co                 *spare;     /* a coroutine that has served a request and waits for the next one */
    struct http2_stream       *for_spare; /* the request that it is to serve */
    size_t                     n_wanting; /* streams that have something for nghttp2: bytes, or their end */
    size_t                     n_running;
    size_t                     n_open;
    size_t                     n_started; /* requests that came with the last read */
    bool                       gathers; /* writers leave the writing to the connection, which does it for all of them */
    bool                       over;    /* nothing is read or written any more */
    bool                       leaves;  /* the connection is to end: no more requests */
    bool                       announced; /* GOAWAY is queued */
    struct err                *why;       /* the reason why it is over, until the connection's coroutine takes it */
    uint8_t                   *unsent;    /* bytes of frames that the io did not take; NULL: none */
    size_t                     unsent_at, unsent_len;
    struct http2_head          head;    /* the head that is being received */
    int64_t                    head_us; /* when its first frame came; 0: none is being received */
    unsigned                   n_continuations;
    int64_t                    idle_us;    /* when the last stream ended */
    bool                       introduced; /* the peer's preface and settings have come */
    struct budget              idling;     /* frames without progress */
    struct budget              resets;     /* requests that the peer takes back */
    uint32_t                   goaway;     /* the error that the peer was told; NGHTTP2_NO_ERROR: none */
    char                       reason[HTTP2_REASON_CAP];
};

struct http2_stream {
    struct http2_conn   *conn;
    struct list          link, starving;
    int32_t              id;
    bool                 is_open, is_running;
    bool                 body_came; /* the request's body is complete */
    bool                 wants;     /* is counted by n_wanting */
    bool                 deferred;  /* nghttp2 asks for no bytes until it is told of some */
    bool                 last;      /* the stream ends behind the offered bytes */
    bool                 served;    /* its handler has returned */
    bool                 end_sent;  /* the end of the reply is on its way */
    bool                 waits;     /* its writer waits until they are taken */
    int                  refusal;   /* status to refuse the request with; 0: none */
    struct io            io;        /* what the exchange reads and writes */
    struct http_exchange x;
    const struct iovec  *iov; /* bytes that a writer offers: borrowed while it waits */
    size_t               at;  /* offset in the first of them */
    size_t               offered;
    uint64_t             sent;
};

/* ---- stream.c */

/** A new stream of the session. NULL without memory. */
struct http2_stream *http2_stream_new(struct http2_conn *c, int32_t id);

/** Begin to handle the request whose head is complete in c->head. */
struct err *http2_stream_start(struct http2_stream *s, bool has_body) ATTR_MUST_USE;

/** End the spare coroutine, if there is one. */
void http2_stream_drop_spare(struct http2_conn *c);

/** Wake the stream's coroutine to look at what has changed. */
void http2_stream_wake(struct http2_stream *s);

/** Tell the peer that the rest of the body is not wanted, once the reply is complete and nobody reads it any more. */
void http2_stream_refuse_body(struct http2_stream *s);

/** nghttp2 has forgotten the stream. */
void http2_stream_closed(struct http2_stream *s);

/** Bytes of the request's body. */
struct err *http2_stream_body(struct http2_stream *s, const uint8_t *bytes, size_t len) ATTR_MUST_USE;

/** Free the stream if nobody needs it any more. */
void http2_stream_release(struct http2_stream *s);

/** True if bytes that the stream writes now could go out. */
bool http2_stream_has_room(const struct http2_stream *s);

/* ---- reply.c */

/** Give the head of the reply to nghttp2. `length` as in http_reply_begin(). */
struct err *http2_reply_submit(struct http2_stream *s, int64_t length, const nghttp2_data_provider *body) ATTR_MUST_USE;

/* ---- receive.c */

/** Set the functions that nghttp2 calls with what it has read. */
void http2_receive_set_callbacks(nghttp2_session_callbacks *callbacks);

/** Read once, and handle what came; *n is the number of bytes. */
struct err *http2_receive(struct http2_conn *c, size_t *n) ATTR_MUST_USE;

/* ---- output.c */

/** Set the functions by which nghttp2 sends. */
void http2_output_set_callbacks(nghttp2_session_callbacks *callbacks);

/** The source of a reply's body. */
nghttp2_data_provider http2_output_body(struct http2_stream *s);

/** Set whether the stream has something for nghttp2. */
void http2_stream_want(struct http2_stream *s, bool wants);

/** True if frames of `len` bytes for one stream can be encoded. */
bool http2_output_may_encode(const struct http2_stream *s, size_t len, size_t cap);

/** As the encode() of a layer, for the bytes that the stream offers. */
size_t http2_output_encode(struct http2_stream *s, uint8_t *out, size_t cap);

/** Write as much as the io takes. A failure makes the connection over. Does not yield. */
void http2_output_flush(struct http2_conn *c);

/** The connection has failed, or ended. Takes `why` over. Does not yield. */
void http2_conn_end(struct http2_conn *c, struct err *why);

#endif
