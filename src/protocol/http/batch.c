#include "protocol/http/batch.h"

#include <errno.h>
#include <string.h>

#include "protocol/co.h"
#include "protocol/http/exchange_state.h"
#include "protocol/send_ring.h"

/* Room for the replies of one queue, and how much of it a reply finds when it begins. What is longer is written by its coroutine. */
enum { ROOM_BYTES = 1 << 20, REPLY_BYTES = 64 << 10 };

/* Longest reply that a coroutine writes. */
enum { REST_BYTES_MAX = 64 << 20 };

static uint8_t room[ROOM_BYTES];
static size_t  used; /* by replies in the queue, and by the one that is being made */

bool http_batch_begin(struct http_sleeper *s)
{
    struct http_exchange *x = s->x;
    struct io            *io = x->io;
    bool                  goes_on = x->request.keep_alive && !x->close_after && x->body_ended && x->in.len == 0;
    if (!send_ring_is_open() || x->transport || io->layer || io->queued || !io->may_write || io_is_readable(io) ||
        !goes_on)
        return false;
    if (send_ring_is_full() || used > ROOM_BYTES - REPLY_BYTES)
        http_batch_flush();
    if (!send_ring_is_open())
        return false;
    s->bytes = room + used;
    s->len = 0;
    s->rest = buf_up_to(REST_BYTES_MAX);
    x->sleeper = s;
    return true;
}

void http_batch_put(struct http_sleeper *s, const struct iovec *iov, int n_iov)
{
    for (int i = 0; i < n_iov; i++) {
        const uint8_t *from = iov[i].iov_base;
        size_t         n = s->rest.len == 0 ? ROOM_BYTES - used : 0;
        if (n > iov[i].iov_len)
            n = iov[i].iov_len;
        if (n > 0)
            memcpy(room + used, from, n);
        used += n;
        s->len += n;
        if (n < iov[i].iov_len)
            buf_append(&s->rest, from + n, iov[i].iov_len - n);
    }
}

static void wake_to_write(struct http_sleeper *s, size_t sent)
{
    struct buf rest = buf_up_to(REST_BYTES_MAX);
    buf_append(&rest, s->bytes + sent, s->len - sent);
    if (s->rest.len > 0)
        buf_append(&rest, s->rest.bytes, s->rest.len);
    if (!s->error)
        s->error = buf_error(&rest);
    buf_finish(&s->rest);
    s->rest = rest;
    co_unpark(s->co);
}

static void take_result(void *arg, ssize_t sent)
{
    struct http_sleeper *s = arg;
    if (sent < 0 && !s->error) {
        errno = (int)-sent;
        s->error = err_sys(E_SOCKET_WRITE, "write");
        co_unpark(s->co);
    } else if ((size_t)sent < s->len || s->rest.len > 0) {
        wake_to_write(s, (size_t)sent);
    }
}

void http_batch_end(struct http_sleeper *s, struct err *e)
{
    s->x->sleeper = NULL;
    s->is_answered = true;
    s->error = e ? e : buf_error(&s->rest);
    if (s->error) {
        used -= s->len;
        co_unpark(s->co);
    } else if (s->len > 0) {
        send_ring_add(s->x->io, s->bytes, s->len, take_result, s);
    }
}

void http_batch_flush(void)
{
    send_ring_flush();
    used = 0;
}

struct err *http_sleeper_finish(struct http_sleeper *s)
{
    struct err *e = s->error;
    s->error = NULL;
    if (!e && s->rest.len > 0)
        e = io_write_taken(s->x->io, s->rest.bytes, s->rest.len,
                           http_or_default(s->x->serving->stall_us, HTTP_STALL_US));
    buf_finish(&s->rest);
    return err_wrap(e, "reply");
}
