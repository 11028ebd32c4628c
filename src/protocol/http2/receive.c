/* Input: what nghttp2 has read. Its callbacks start the requests, and count what a peer must not send without end. */
#include <stdio.h>
#include <string.h>

#include "core/str.h"
#include "protocol/http/status.h"
#include "protocol/http2/internal.h"

enum { READ_BYTES = 32 << 10 };

static struct http2_stream *find(nghttp2_session *session, int32_t id)
{
    return nghttp2_session_get_stream_user_data(session, id);
}

/* ---- bounds ---------------------------------------------------------------------------------------------------- */

/* The peer floods: tell it, and end the connection. */
static int stop_flood(struct http2_conn *c, const char *what)
{
    nghttp2_session_terminate_session(c->session, NGHTTP2_ENHANCE_YOUR_CALM);
    if (!c->why)
        c->why = err_new(E_LIMIT, "a flood of HTTP/2 %s", what);
    return 0;
}

/* True for a frame by which no request makes progress. */
static bool is_idle(const nghttp2_frame_hd *hd)
{
    switch (hd->type) {
    case NGHTTP2_DATA: return hd->length == 0 && !(hd->flags & NGHTTP2_FLAG_END_STREAM);
    case NGHTTP2_HEADERS:
    case NGHTTP2_CONTINUATION:
    case NGHTTP2_RST_STREAM:
    case NGHTTP2_GOAWAY: return false;
    default: return true;
    }
}

static int frame_begins(nghttp2_session *session, const nghttp2_frame_hd *hd, void *arg)
{
    struct http2_conn *c = arg;
    (void)session;
    if (hd->type == NGHTTP2_HEADERS) {
        c->head_us = now_us();
        c->n_continuations = 0;
    }
    if (hd->type == NGHTTP2_CONTINUATION && ++c->n_continuations > HTTP2_CONTINUATIONS_MAX)
        return stop_flood(c, "CONTINUATION frames");
    if (hd->type == NGHTTP2_RST_STREAM && !budget_spend(&c->resets, 1, now_us()))
        return stop_flood(c, "requests that are reset");
    if (is_idle(hd) && !budget_spend(&c->idling, 1, now_us()))
        return stop_flood(c, "frames without progress");
    return 0;
}

/* ---- requests -------------------------------------------------------------------------------------------------- */

static bool begins_request(const nghttp2_frame *frame)
{
    return frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST;
}

static int headers_begin(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
    struct http2_conn *c = arg;
    if (!begins_request(frame))
        return 0;
    http2_head_begin(&c->head);
    /* Handlers of streams that the peer has reset may still run. */
    if (c->leaves || c->n_running >= HTTP2_STREAMS_MAX) {
        nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, frame->hd.stream_id, NGHTTP2_REFUSED_STREAM);
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    }
    struct http2_stream *s = http2_stream_new(c, frame->hd.stream_id);
    if (!s)
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    nghttp2_session_set_stream_user_data(session, s->id, s);
    return 0;
}

static int header_came(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name, size_t name_len,
                       const uint8_t *value, size_t value_len, uint8_t flags, void *arg)
{
    struct http2_conn *c = arg;
    (void)session;
    (void)flags;
    if (begins_request(frame))
        http2_head_add(&c->head, (const char *)name, name_len, (const char *)value, value_len);
    return 0;
}

static void start_request(struct http2_conn *c, struct http2_stream *s, bool has_body)
{
    struct err *e = http2_stream_start(s, has_body);
    http2_head_finish(&c->head);
    if (!e)
        return;
    err_free(e);
    nghttp2_submit_rst_stream(c->session, NGHTTP2_FLAG_NONE, s->id, NGHTTP2_INTERNAL_ERROR);
}

static int frame_came(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
    struct http2_conn   *c = arg;
    struct http2_stream *s = find(session, frame->hd.stream_id);
    bool                 is_end = frame->hd.flags & NGHTTP2_FLAG_END_STREAM;
    if (frame->hd.type == NGHTTP2_SETTINGS)
        c->introduced = true;
    if (frame->hd.type == NGHTTP2_HEADERS)
        c->head_us = 0;
    if (!s)
        return 0;
    if (begins_request(frame)) {
        start_request(c, s, !is_end);
    } else if ((frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS) && is_end) {
        s->body_came = true;
        s->io.may_read = true;
        http2_stream_wake(s);
    }
    return 0;
}

static int data_came(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *bytes, size_t len, void *arg)
{
    struct http2_stream *s = find(session, id);
    (void)flags;
    (void)arg;
    nghttp2_session_consume_connection(session,
                                       len); /* The bytes of one stream leave the window of the others alone. */
    struct err *e = s && s->is_running ? http2_stream_body(s, bytes, len) : NULL;
    if (e) {
        err_free(e);
        nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, id, NGHTTP2_INTERNAL_ERROR);
    }
    return 0;
}

static int stream_closes(nghttp2_session *session, int32_t id, uint32_t code, void *arg)
{
    struct http2_stream *s = find(session, id);
    (void)code;
    (void)arg;
    if (s)
        http2_stream_closed(s);
    return 0;
}

/* nghttp2's words about what is wrong, for the log. */
static int fault_found(nghttp2_session *session, int code, const char *text, size_t len, void *arg)
{
    struct http2_conn *c = arg;
    (void)session;
    (void)code;
    snprintf(c->reason, sizeof c->reason, "%.*s", (int)(len < sizeof c->reason ? len : sizeof c->reason - 1), text);
    str_tame(c->reason, strlen(c->reason));
    return 0;
}

void http2_receive_set_callbacks(nghttp2_session_callbacks *callbacks)
{
    nghttp2_session_callbacks_set_on_begin_frame_callback(callbacks, frame_begins);
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, headers_begin);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, header_came);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, frame_came);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, data_came);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, stream_closes);
    nghttp2_session_callbacks_set_error_callback2(callbacks, fault_found);
}

/* ---- reading --------------------------------------------------------------------------------------------------- */

struct err *http2_receive(struct http2_conn *c, size_t *n)
{
    static uint8_t shared[READ_BYTES]; /* scratch: consumed before the next yield */
    struct err    *e = io_read_now(c->io, shared, sizeof shared, n);
    if (e || *n == 0)
        return e;
    ssize_t taken = nghttp2_session_mem_recv(c->session, shared, *n);
    if (taken >= 0)
        return NULL;
    if (taken == NGHTTP2_ERR_NOMEM)
        return err_no_memory();
    if (taken == NGHTTP2_ERR_FLOODED)
        return err_new(E_LIMIT, "a flood of HTTP/2 frames: %s", nghttp2_strerror((int)taken));
    return err_new(E_HTTP_PARSE_HEADER, "HTTP/2: %s", nghttp2_strerror((int)taken));
}
