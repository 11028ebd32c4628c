/* One request: the io that its exchange reads and writes, the way of its body and its reply, and its coroutine. */
#include <string.h>

#include "core/iov.h"
#include "core/mem.h"
#include "protocol/http/status.h"
#include "protocol/http2/internal.h"

static struct http2_stream *stream_of(const struct io *io)
{
    return CONTAINER_OF(io, struct http2_stream, io);
}

/* ---- life ------------------------------------------------------------------------------------------------------ */

void http2_stream_release(struct http2_stream *s)
{
    if (s->is_open || s->is_running)
        return;
    http_exchange_finish(&s->x);
    list_remove(&s->link);
    mem_free(s);
}

void http2_stream_wake(struct http2_stream *s)
{
    s->io.may_write = true;
    if (s->is_running && s->io.owner != co_self())
        co_unpark(s->io.owner);
}

void http2_stream_closed(struct http2_stream *s)
{
    s->is_open = false;
    http2_stream_want(s, false);
    s->conn->n_open--;
    s->conn->idle_us = now_us();
    s->io.may_read = s->io.may_write = true; /* reading tells the end */
    if (s->is_running && s->io.owner != co_self())
        io_peer_left(&s->io);
    http2_stream_release(s);
}

/* Why nothing can be written to the stream any more; NULL: it is open. */
static struct err *judge(const struct http2_stream *s)
{
    if (s->conn->over)
        return err_new(E_END_OF_STREAM, "the connection has ended");
    return s->is_open ? NULL : err_new(E_END_OF_STREAM, "the peer closed the stream");
}

/* ---- its io ---------------------------------------------------------------------------------------------------- */

void http2_stream_want(struct http2_stream *s, bool wants)
{
    s->conn->n_wanting += wants && !s->wants;
    s->conn->n_wanting -= !wants && s->wants;
    s->wants = wants;
}

static void offer(struct http2_stream *s, const struct iovec *iov, size_t sum)
{
    s->iov = iov;
    s->at = 0;
    s->offered = sum;
    http2_stream_want(s, sum > 0 || s->last);
    if (s->deferred) {
        s->deferred = false;
        nghttp2_session_resume_data(s->conn->session, s->id); /* It fails for a stream that is gone. */
    }
}

static void withdraw(struct http2_stream *s)
{
    s->iov = NULL;
    s->offered = 0;
    http2_stream_want(s, s->wants && s->last);
}

bool http2_stream_has_room(const struct http2_stream *s)
{
    struct http2_conn *c = s->conn;
    return c->io->may_write && !c->unsent && nghttp2_session_get_remote_window_size(c->session) > 0 &&
           nghttp2_session_get_stream_remote_window_size(c->session, s->id) > 0;
}

static struct err *read_now(struct io *io, void *buf, size_t cap, size_t *n)
{
    struct http2_stream *s = stream_of(io);
    *n = http_take_input(&s->x, buf, cap);
    if (*n > 0) {
        s->x.transport->took(&s->x, *n);
        return NULL;
    }
    struct err *e = judge(s);
    io->may_read = e != NULL;
    return e;
}

static struct err *writev_now(struct io *io, const struct iovec *iov, int n_iov, size_t *n)
{
    struct http2_stream *s = stream_of(io);
    struct err          *e = judge(s);
    size_t               sum = iov_sum(iov, n_iov);
    *n = 0;
    if (e)
        return e;
    offer(s, iov, sum);
    http2_output_flush(s->conn);
    *n = sum - s->offered;
    withdraw(s);
    if (*n < sum && s->is_open && !s->conn->over) {
        io->may_write = false;
        if (list_is_empty(&s->starving))
            list_push(&s->conn->starved, &s->starving);
    }
    return NULL;
}

static bool may_encode(const struct io *io, size_t len, size_t cap)
{
    const struct http2_stream *s = stream_of(io);
    return s->is_open && !s->conn->over && s->x.begun && !s->last && http2_output_may_encode(s, len, cap);
}

static size_t encode(struct io *io, const struct iovec *iov, int n_iov, uint8_t *out, size_t cap)
{
    struct http2_stream *s = stream_of(io);
    size_t               sum = iov_sum(iov, n_iov);
    if (n_iov != 1 || !may_encode(io, sum, cap))
        return 0;
    offer(s, iov, sum);
    size_t n = http2_output_encode(s, out, cap);
    withdraw(s);
    return n;
}

static struct io *carrier(const struct io *io)
{
    return stream_of(io)->conn->io;
}

/*
 * The bytes that show whether the peer still takes something. While the window of the stream is open, those count that its kernel
 * acknowledges of the whole connection, because other streams may be served first. Otherwise the stream makes no progress.
 */
static uint64_t acknowledged(const struct io *io, int64_t *two_segments_us)
{
    const struct http2_stream *s = stream_of(io);
    if (s->is_open && nghttp2_session_get_stream_remote_window_size(s->conn->session, s->id) > 0)
        return io_acknowledged(s->conn->io, two_segments_us);
    return s->sent;
}

static bool is_drained(const struct io *io)
{
    (void)io;
    return true;
}

static void do_nothing(struct io *io)
{
    (void)io;
}

static const struct io_layer layer = {
    .read_now = read_now,
    .writev_now = writev_now,
    .drain = do_nothing,
    .is_drained = is_drained,
    .say_end = do_nothing,
    .close = do_nothing,
    .acknowledged = acknowledged,
    .may_encode = may_encode,
    .encode = encode,
    .carrier = carrier,
};

/* ---- the request's body ---------------------------------------------------------------------------------------- */

struct err *http2_stream_body(struct http2_stream *s, const uint8_t *bytes, size_t len)
{
    struct err *e = http_input_add(&s->x, bytes, len);
    s->io.bytes_in += (int64_t)len;
    s->io.may_read = true;
    http2_stream_wake(s);
    return e;
}

static struct err *ask_for_body(struct http2_stream *s)
{
    nghttp2_nv status = { (uint8_t *)":status", (uint8_t *)"100", 7, 3, NGHTTP2_NV_FLAG_NONE };
    s->x.owes_continue = false;
    if (nghttp2_submit_headers(s->conn->session, NGHTTP2_FLAG_NONE, s->id, NULL, &status, 1, NULL) != 0)
        return err_no_memory();
    http2_output_flush(s->conn);
    return NULL;
}

static struct err *receive_body(struct http_exchange *x, int64_t deadline_us)
{
    struct http2_stream *s = stream_of(x->io);
    struct err          *e = x->owes_continue && !x->begun ? ask_for_body(s) : NULL;
    while (!e && x->in.len == 0 && !s->body_came) {
        e = judge(s);
        if (!e && x->gave_way)
            e = err_new(E_LIMIT, "the server holds more than memory_limit");
        s->io.may_read = false;
        if (!e)
            e = io_wait_readable(&s->io, deadline_us);
    }
    x->body_ended = !e && x->in.len == 0;
    return e;
}

static void took_body(struct http_exchange *x, size_t n)
{
    struct http2_stream *s = stream_of(x->io);
    if (!s->is_open || s->conn->over)
        return;
    nghttp2_session_consume_stream(s->conn->session, s->id, n);
    http2_output_flush(s->conn);
}

/* ---- the reply ------------------------------------------------------------------------------------------------- */

/* Write what is offered, or let the connection do so for several streams; wait until all of it is taken. */
static struct err *flush_offered(struct http2_stream *s)
{
    struct http2_conn *c = s->conn;
    struct err        *e = NULL;
    s->waits = true;
    if (!c->gathers)
        http2_output_flush(c);
    while (!e && s->offered > 0) {
        if ((e = judge(s)))
            break;
        s->io.may_write = false;
        e = http_wait_for_room(&s->x);
    }
    s->waits = false;
    s->last &= !e; /* What is missing must not be taken for complete. */
    withdraw(s);
    return e;
}

static struct err *begin_reply(struct http_exchange *x, int64_t length, const void *body, size_t len)
{
    struct http2_stream  *s = stream_of(x->io);
    struct iovec          iov = { (void *)body, len };
    bool                  has_body = x->wants_body && length != 0;
    nghttp2_data_provider source = http2_output_body(s);
    struct err           *e = judge(s);
    if (!e)
        e = http2_reply_submit(s, length, has_body ? &source : NULL);
    if (e)
        return e;
    s->last = x->ended || !has_body;
    if (!has_body || len > 0 || length < 0) {
        offer(s, &iov, has_body ? len : 0);
        return flush_offered(s);
    }
    return NULL; /* The head goes out with the first piece. */
}

static struct err *write_piece(struct http_exchange *x, const void *buf, size_t len)
{
    struct http2_stream *s = stream_of(x->io);
    struct iovec         iov = { (void *)buf, len };
    struct err          *e = judge(s);
    if (e)
        return e;
    s->last = x->left == 0;
    offer(s, &iov, len);
    return flush_offered(s);
}

static struct err *end_reply(struct http_exchange *x)
{
    struct http2_stream *s = stream_of(x->io);
    struct err          *e = judge(s);
    if (s->last || e) {
        err_free(e); /* Complete already, or nobody is there to be told. */
        return NULL;
    }
    s->last = x->left <= 0;
    if (s->last)
        offer(s, NULL, 0);
    else /* Shorter than Content-Length: the peer must not take it for complete. */
        nghttp2_submit_rst_stream(s->conn->session, NGHTTP2_FLAG_NONE, s->id, NGHTTP2_INTERNAL_ERROR);
    return flush_offered(s);
}

static const struct http_transport transport = {
    .receive = receive_body,
    .took = took_body,
    .begin = begin_reply,
    .write = write_piece,
    .end = end_reply,
};

/* ---- the coroutine --------------------------------------------------------------------------------------------- */

static struct err *refuse(struct http2_stream *s)
{
    err_free(http_reply_status(&s->x, s->refusal)); /* the peer may have gone */
    return NULL;
}

/* RFC 9113, 8.1 */
void http2_stream_refuse_body(struct http2_stream *s)
{
    if (s->end_sent && !s->body_came && s->served)
        nghttp2_submit_rst_stream(s->conn->session, NGHTTP2_FLAG_NONE, s->id, NGHTTP2_NO_ERROR);
}

/* Read the rest of a body: some clients lose a reply that is followed by the refusal of their body. */
static void drain(struct http2_stream *s)
{
    if (s->is_open && s->x.request.content_length <= HTTP_DRAIN_BYTES_MAX)
        http_exchange_drain(&s->x);
}

/* End the stream behind its handler. */
static void close_stream(struct http2_stream *s, enum err_code code)
{
    struct http2_conn *c = s->conn;
    uint32_t           why = code == E_THREAD_INTERRUPTED ? NGHTTP2_CANCEL : NGHTTP2_INTERNAL_ERROR;
    if (!s->is_open || c->over)
        return;
    if (code != E_SUCCESS && !s->last)
        nghttp2_submit_rst_stream(c->session, NGHTTP2_FLAG_NONE, s->id, why);
    else
        http2_stream_refuse_body(s);
    if (!c->gathers)
        http2_output_flush(c);
}

static void serve(struct http2_stream *s)
{
    struct http2_conn *c = s->conn;
    io_set_owner(&s->io, co_self());
    struct err *e = s->refusal ? refuse(s) : http_exchange_run(&s->x);
    if (s->x.close_asked)
        c->leaves = true;
    if (!e)
        drain(s);
    s->served = true;
    close_stream(s, err_code(e));
    err_free(e); /* The handler has logged it. */
    list_remove(&s->starving);
    s->is_running = false;
    c->n_running--;
    c->idle_us = now_us();
    co_unpark(c->co);
    http2_stream_release(s);
}

/* Wait for the next request: most follow soon, and a new coroutine costs more than a request of a small file. NULL: end. */
static struct http2_stream *wait_for_next(struct http2_conn *c)
{
    struct co  *self = co_self();
    struct err *e = NULL;
    if (c->spare || c->over || co_is_cancelled(self))
        return NULL;
    c->spare = self;
    while (!e && c->spare == self)
        e = co_park(DEADLINE_NEVER);
    if (c->spare == self)
        c->spare = NULL;
    err_free(e);
    struct http2_stream *s = c->for_spare;
    c->for_spare = NULL;
    return s;
}

static void run(void *arg)
{
    struct http2_stream *s = arg;
    struct http2_conn   *c = s->conn;
    for (; s; s = wait_for_next(c))
        serve(s);
}

void http2_stream_drop_spare(struct http2_conn *c)
{
    struct co *spare = c->spare;
    c->spare = NULL;
    if (spare)
        co_unpark(spare);
}

static struct err *start_coroutine(struct http2_stream *s)
{
    struct http2_conn *c = s->conn;
    if (!c->spare || c->for_spare)
        return co_go(&c->handlers, "http2-stream", run, s, &s->io.owner);
    s->io.owner = c->spare;
    c->for_spare = s;
    http2_stream_drop_spare(c);
    return NULL;
}

struct http2_stream *http2_stream_new(struct http2_conn *c, int32_t id)
{
    struct http2_stream *s = mem_calloc(1, sizeof *s);
    if (!s)
        return NULL;
    *s = (struct http2_stream){ .conn = c, .id = id, .is_open = true };
    s->io = (struct io){ .fd = -1, .may_write = true, .owner = c->co, .layer = &layer };
    s->x = (struct http_exchange){ .io = &s->io, .transport = &transport, .serving = c->serving };
    http_exchange_reset(&s->x);
    list_init(&s->starving);
    list_push(&c->streams, &s->link);
    c->n_open++;
    return s;
}

/* Parse the head, which is complete, in memory of its own. */
static struct err *parse(struct http2_stream *s, const struct buf *text)
{
    struct http_exchange *x = &s->x;
    size_t                room = http_request_room(text->bytes, text->len);
    char                 *memory = mem_alloc(room + text->len);
    const char           *why;
    if (!memory)
        return err_no_memory();
    memcpy(memory + room, text->bytes, text->len);
    x->memory = memory;
    s->refusal = http_request_parse(&x->request, memory + room, text->len, memory, &why);
    return NULL;
}

struct err *http2_stream_start(struct http2_stream *s, bool has_body)
{
    struct http_exchange *x = &s->x;
    struct buf            text = buf_up_to(HTTP_HEAD_MAX);
    s->refusal = http2_head_text(&s->conn->head, &text);
    struct err *e = s->refusal ? NULL : parse(s, &text);
    buf_finish(&text);
    if (e)
        return e;
    if (s->refusal) /* The method may not have been parsed, and a reply to HEAD has no body. */
        x->request.method = http2_head_has_method(&s->conn->head, "HEAD") ? HTTP_HEAD : HTTP_GET;
    s->body_came = x->body_ended = !has_body;
    x->owes_continue = has_body && x->request.expects_continue;
    if (has_body && !http_request_field(&x->request, "Content-Length"))
        x->request.content_length = -1;
    x->request.has_body = has_body;
    x->request.keep_alive = true;
    if ((e = start_coroutine(s)))
        return e;
    s->is_running = true;
    s->conn->n_running++;
    s->conn->n_started++;
    return NULL;
}
