/*
 * Output: frames of all streams are gathered and written together. The payload of DATA frames is not copied: it is where its
 * writer has it, which waits.
 */
#include <string.h>

#include "core/mem.h"
#include "protocol/http2/internal.h"

enum {
    FRAME_HEAD = 9,
    FRAME_MAX = FRAME_HEAD + (16 << 10), /* nghttp2 makes no larger ones */
    GATHER_BYTES = 64 << 10,             /* four records of TLS: those that go out by one system call */
    SMALL_PIECE = 512, /* pieces up to this length are copied: that costs less than a piece of its own */
    SCRATCH_BYTES = GATHER_BYTES + FRAME_MAX,
    PIECES_MAX = 2 + 2 * (GATHER_BYTES + FRAME_MAX) / SMALL_PIECE,
    TOKEN_BYTES = 1 << 10, /* traffic that pays for a frame of the peer */
};

/* Scratch for all connections: what is gathered during one call of http2_output_flush(). */
static struct {
    uint8_t      bytes[SCRATCH_BYTES]; /* heads of frames, small pieces, and frames that are not DATA */
    size_t       used, sum;
    struct iovec iov[PIECES_MAX];
    int          n_iov;
    bool         is_all; /* there is nothing else to send */
} gathered;

static void gather_piece(const uint8_t *bytes, size_t len)
{
    struct iovec *last = gathered.n_iov > 0 ? &gathered.iov[gathered.n_iov - 1] : NULL;
    gathered.sum += len;
    if (last && (const uint8_t *)last->iov_base + last->iov_len == bytes)
        last->iov_len += len;
    else
        gathered.iov[gathered.n_iov++] = (struct iovec){ (void *)bytes, len };
}

static void gather_copy(const uint8_t *bytes, size_t len)
{
    uint8_t *to = gathered.bytes + gathered.used;
    memcpy(to, bytes, len);
    gathered.used += len;
    gather_piece(to, len);
}

/* Take the next bytes that the stream's writer offers. */
static void gather_offered(struct http2_stream *s, size_t len)
{
    while (len > 0) {
        size_t         here = s->iov->iov_len - s->at, n = here < len ? here : len;
        const uint8_t *bytes = (const uint8_t *)s->iov->iov_base + s->at;
        if (n > SMALL_PIECE)
            gather_piece(bytes, n);
        else if (n > 0)
            gather_copy(bytes, n);
        len -= n;
        s->at += n;
        if (s->at == s->iov->iov_len) {
            s->iov++;
            s->at = 0;
        }
    }
}

/* False if nghttp2 has nothing else to send: it need not be asked, and the stream that was served last stays in its queue. */
static bool has_more(const struct http2_conn *c)
{
    return c->n_wanting > 0 || nghttp2_session_get_outbound_queue_size(c->session) > 0;
}

/* ---- called by nghttp2 ----------------------------------------------------------------------------------------- */

static ssize_t read_body(nghttp2_session *session, int32_t id, uint8_t *buf, size_t cap, uint32_t *flags,
                         nghttp2_data_source *source, void *arg)
{
    struct http2_stream *s = source->ptr;
    size_t               n = s->offered < cap ? s->offered : cap;
    (void)session;
    (void)id;
    (void)buf;
    (void)arg;
    s->deferred = n == 0 && !s->last;
    if (s->deferred)
        return NGHTTP2_ERR_DEFERRED;
    *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
    if (s->last && n == s->offered)
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (n == s->offered)
        http2_stream_want(s, false);
    return (ssize_t)n;
}

static int send_data(nghttp2_session *session, nghttp2_frame *frame, const uint8_t *head, size_t len,
                     nghttp2_data_source *source, void *arg)
{
    struct http2_stream *s = source->ptr;
    (void)session;
    (void)frame;
    (void)arg;
    gather_copy(head, FRAME_HEAD);
    gather_offered(s, len);
    s->offered -= len;
    s->sent += len;
    s->io.bytes_out += (int64_t)len;
    budget_earn(&s->conn->idling, (int64_t)(len / TOKEN_BYTES));
    if (s->offered == 0 && s->waits)
        http2_stream_wake(s);
    return gathered.sum < GATHER_BYTES - FRAME_MAX && has_more(s->conn) ? 0 : NGHTTP2_ERR_PAUSE;
}

static int frame_was_sent(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
    struct http2_conn   *c = arg;
    struct http2_stream *s = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
    bool                 is_end = (frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS) &&
                  (frame->hd.flags & NGHTTP2_FLAG_END_STREAM);
    if (frame->hd.type == NGHTTP2_GOAWAY)
        c->goaway = frame->goaway.error_code;
    if (s && is_end) {
        s->end_sent = true;
        http2_stream_refuse_body(s);
    }
    return 0;
}

void http2_output_set_callbacks(nghttp2_session_callbacks *callbacks)
{
    nghttp2_session_callbacks_set_send_data_callback(callbacks, send_data);
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, frame_was_sent);
}

nghttp2_data_provider http2_output_body(struct http2_stream *s)
{
    return (nghttp2_data_provider){ .source = { .ptr = s }, .read_callback = read_body };
}

/* ---- writing --------------------------------------------------------------------------------------------------- */

/* Gather frames. False: nghttp2 has failed. */
static bool gather(struct http2_conn *c)
{
    gathered.used = gathered.sum = 0;
    gathered.n_iov = 0;
    while (gathered.sum < GATHER_BYTES - FRAME_MAX) {
        const uint8_t *bytes;
        ssize_t        n = nghttp2_session_mem_send(c->session, &bytes);
        gathered.is_all = n == 0 && !has_more(c);
        if (n <= 0)
            return n == 0;
        gather_copy(bytes, (size_t)n);
    }
    return true;
}

/* Keep what the io did not take of the first `done` bytes and more. */
static struct err *keep_unsent(struct http2_conn *c, size_t done)
{
    size_t   len = gathered.sum - done, at = 0;
    uint8_t *to = mem_alloc(len);
    if (!to)
        return err_no_memory();
    for (int i = 0; i < gathered.n_iov; i++) {
        size_t skip = gathered.iov[i].iov_len < done ? gathered.iov[i].iov_len : done;
        memcpy(to + at, (const uint8_t *)gathered.iov[i].iov_base + skip, gathered.iov[i].iov_len - skip);
        at += gathered.iov[i].iov_len - skip;
        done -= skip;
    }
    c->unsent = to;
    c->unsent_at = 0;
    c->unsent_len = len;
    return NULL;
}

static struct err *write_gathered(struct http2_conn *c)
{
    size_t      n;
    struct err *e = io_writev_now(c->io, gathered.iov, gathered.n_iov, &n);
    return e || n == gathered.sum ? e : keep_unsent(c, n);
}

static struct err *write_unsent(struct http2_conn *c)
{
    size_t       n;
    struct iovec iov = { c->unsent + c->unsent_at, c->unsent_len };
    struct err  *e = io_writev_now(c->io, &iov, 1, &n);
    c->unsent_at += n;
    c->unsent_len -= n;
    if (c->unsent_len == 0) {
        mem_free(c->unsent);
        c->unsent = NULL;
    }
    return e;
}

void http2_output_flush(struct http2_conn *c)
{
    struct err *e = NULL;
    while (!e && !c->over && c->io->may_write) {
        if (c->unsent) {
            e = write_unsent(c);
            continue;
        }
        if (!gather(c))
            e = err_no_memory();
        else if (gathered.sum == 0)
            break;
        else
            e = write_gathered(c);
        if (gathered.is_all)
            break;
    }
    if (e)
        http2_conn_end(c, e);
}

bool http2_output_may_encode(const struct http2_stream *s, size_t len, size_t cap)
{
    const struct http2_conn *c = s->conn;
    const struct io_layer   *below = c->io->layer;
    size_t                   with_heads = len + FRAME_HEAD * (len / FRAME_MAX + 2);
    int32_t                  window = nghttp2_session_get_stream_remote_window_size(c->session, s->id),
            all = nghttp2_session_get_remote_window_size(c->session);
    return below && below->may_encode && c->io->may_write && !c->unsent && !has_more(c) &&
           len < GATHER_BYTES - FRAME_MAX && window >= (int32_t)len && all >= (int32_t)len &&
           below->may_encode(c->io, with_heads, cap);
}

size_t http2_output_encode(struct http2_stream *s, uint8_t *out, size_t cap)
{
    struct http2_conn *c = s->conn;
    bool               is_sound = gather(c) && s->offered == 0;
    size_t             n = is_sound ? c->io->layer->encode(c->io, gathered.iov, gathered.n_iov, out, cap) : 0;
    if (n == 0)
        http2_conn_end(c, err_new(E_SOCKET_WRITE, "the frames of a live stream could not be made"));
    return n;
}
