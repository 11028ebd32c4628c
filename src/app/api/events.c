/* What happens in the server, as Server-Sent Events, for consoles. SRS has no such endpoint. */
#include "app/api/endpoints.h"
#include "app/api/reply.h"
#include "app/http/conn.h"
#include "app/stat/live_events.h"
#include "core/clock.h"
#include "protocol/http/status.h"

enum {
    WRITE_MAX = 64 << 10,          /* bytes of one write, which are all that is held for a listener */
    REST_US = 100 * US_PER_MS,     /* between two writes: what comes meanwhile goes together */
    LOOK_US = US_PER_SECOND,       /* how soon the end of the server is noticed */
    ALIVE_US = 15 * US_PER_SECOND, /* a comment keeps proxies from closing, and finds a peer that is gone */
    TAKE_US = 20 * US_PER_SECOND,  /* a reader that takes nothing for this long is cut */
};

/* Send what has come, until the peer goes, the server ends, or a slow reader is cut. */
static struct err *send_events(struct http_exchange *x, const struct server *server, struct live_listener *l)
{
    struct err *e = http_reply_write(x, "retry: 2000\n\n", sizeof "retry: 2000\n\n" - 1);
    int64_t     written_us = now_us();
    while (!e && server->stop == SERVER_RUNS) {
        struct buf out = buf_up_to(WRITE_MAX);
        live_events_take(l, &out);
        if (!out.len && now_us() - written_us > ALIVE_US)
            buf_text(&out, ":\n\n");
        if (out.len) {
            http_reply_until(x, now_us() + TAKE_US);
            e = http_reply_write(x, out.bytes, out.len);
            written_us = now_us();
        }
        bool was_busy = out.len > 0;
        buf_finish(&out);
        if (!e && was_busy) {
            e = co_sleep(REST_US);
        } else if (!e && (e = co_park(now_us() + LOOK_US)) && err_code(e) == E_SOCKET_TIMEOUT) {
            err_free(e);
            e = NULL;
        }
    }
    return e;
}

static struct err *begin(struct http_exchange *x)
{
    struct err *e = http_add_field(x, "Cache-Control", "no-store");
    if (!e)
        e = http_add_field(x, "X-Accel-Buffering", "no"); /* nginx passes on what comes at once */
    return e ? e : http_reply_begin(x, HTTP_STATUS_OK, "text/event-stream", HTTP_LENGTH_UNKNOWN);
}

static struct err *listen_on(struct api_reply *r)
{
    struct live_listener l;
    struct err          *e;
    if (!live_events_join(&l, co_self())) {
        return api_refuse(r, HTTP_STATUS_SERVICE_UNAVAILABLE);
    }
    if (!(e = begin(r->x)) && http_reply_wants_body(r->x)) {
        http_forget_request(r->x);
        e = send_events(r->x, r->server, &l);
    }
    live_events_leave(&l);
    return e;
}

/* Events name clients and their addresses, so only those who may see secrets get them. A script of JSONP cannot read them. */
static struct err *write_events(struct api_reply *r)
{
    if (r->method != HTTP_GET)
        return api_refuse_method(r, "GET, HEAD, OPTIONS");
    if (r->shows_secrets && !r->callback)
        return listen_on(r);
    return api_refuse(r, HTTP_STATUS_FORBIDDEN);
}

struct err *api_events(struct http_exchange *x)
{
    return api_answer_by_own_name(x, write_events);
}
