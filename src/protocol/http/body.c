/* The body of a request: by its length, in chunks, or as the transport brings it. */
#include <string.h>

#include "core/clock.h"
#include "protocol/http/exchange.h"
#include "protocol/http/exchange_state.h"

enum { BODY_STEP_BYTES = 4 << 10 };

/* Send "100 Continue" if the peer waits for it before it sends the body. */
static struct err *ask_for_body(struct http_exchange *x)
{
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
    int64_t           stall_us = http_or_default(x->serving->stall_us, HTTP_STALL_US);
    x->owes_continue = false;
    return x->begun ? NULL : io_write_taken(x->io, go_on, sizeof go_on - 1, stall_us);
}

static struct err *take_chunked(struct http_exchange *x, void *buf, size_t cap, size_t *n)
{
    struct http_input *in = &x->in;
    const char        *start = in->buf + in->at;
    const uint8_t     *data;
    struct rd          r = rd_over(start, in->len < cap ? in->len : cap);
    switch (http_chunked_read(&x->chunked, &r, &data, n)) {
    case HTTP_CHUNK_DATA: memcpy(buf, data, *n); break;
    case HTTP_CHUNK_END: x->body_ended = true; break;
    case HTTP_CHUNK_NEED_MORE: break;
    case HTTP_CHUNK_BAD:
        x->close_after = true;
        return err_new(E_HTTP_INVALID_CHUNK_HEADER, "the body's chunks are none");
    }
    http_input_take(x, (size_t)((const char *)r.p - start));
    return NULL;
}

static void take_plain(struct http_exchange *x, void *buf, size_t cap, size_t *n)
{
    *n = http_take_input(x, buf, x->body_left < cap ? (size_t)x->body_left : cap);
    x->body_left -= *n;
    x->body_ended = x->body_left == 0;
}

static struct err *read_text(struct http_exchange *x, void *buf, size_t cap, size_t *n, int64_t deadline_us)
{
    struct err *e = NULL;
    if (x->in.len == 0) {
        if (x->owes_continue)
            e = ask_for_body(x);
        if (!e)
            e = http_input_more(x, deadline_us);
    }
    x->owes_continue = false;
    if (e)
        return e;
    if (x->request.content_length < 0)
        return take_chunked(x, buf, cap, n);
    take_plain(x, buf, cap, n);
    return NULL;
}

static struct err *read_transport(struct http_exchange *x, void *buf, size_t cap, size_t *n, int64_t deadline_us)
{
    struct err *e = x->in.len > 0 ? NULL : x->transport->receive(x, deadline_us);
    if (e)
        return e;
    *n = http_take_input(x, buf, cap);
    if (*n > 0)
        x->transport->took(x, *n);
    return NULL;
}

struct err *http_read_some(struct http_exchange *x, void *buf, size_t cap, size_t *n, int64_t deadline_us)
{
    *n = 0;
    while (*n == 0 && !x->body_ended) {
        struct err *e =
            x->transport ? read_transport(x, buf, cap, n, deadline_us) : read_text(x, buf, cap, n, deadline_us);
        if (e) {
            x->close_after = true;
            return err_wrap(e, "read the body");
        }
    }
    return NULL;
}

/* Room to read the body into: not more than its length, if that is known. */
static char *body_room(struct http_exchange *x, size_t *room)
{
    size_t left = x->body.max - x->body.len;
    bool   is_known = x->request.content_length >= 0;
    return buf_room(&x->body, is_known || left < BODY_STEP_BYTES ? 1 : BODY_STEP_BYTES, room);
}

struct err *http_read_body(struct http_exchange *x, size_t cap_bytes, const char **body, size_t *len)
{
    int64_t     deadline_us = now_us() + HTTP_BODY_US, length = x->request.content_length;
    size_t      n = 1;
    struct err *e = NULL;
    *len = 0;
    if (length > 0 && (uint64_t)length > cap_bytes)
        return err_new(E_HTTP_CONTENT_LENGTH, "a body of %lld bytes, at most %zu are taken here", (long long)length,
                       cap_bytes);
    buf_finish(&x->body);
    x->body = buf_up_to(cap_bytes + 1); /* one byte more shows that the body is too long */
    if (length > 0)
        buf_reserve(&x->body, (size_t)length + 1);
    while (!e && n > 0) {
        size_t room;
        char  *to = body_room(x, &room);
        e = to ? http_read_some(x, to, room, &n, deadline_us) : err_no_memory();
        if (!e)
            buf_added(&x->body, n);
        if (!e && x->body.len > cap_bytes)
            e = err_new(E_HTTP_CONTENT_LENGTH, "a body of more than %zu bytes", cap_bytes);
    }
    if (e) {
        x->close_after = true;
        return e;
    }
    *body = x->body.bytes;
    *len = x->body.len;
    return NULL;
}
