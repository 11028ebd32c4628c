#include "app/edge/push_attend.h"

#include "app/edge/push.h"
#include "app/forward/send.h"
#include "app/hold/hold.h"
#include "app/session/client.h"
#include "app/source/attend.h"
#include "app/source/life.h"
#include "app/source/source.h"
#include "core/backoff.h"
#include "core/log.h"
#include "core/str.h"
#include "protocol/co.h"

/* One publish that is passed on. */
struct passing {
    struct attendance *a;
    struct edge_push  *push;
    uint64_t           conf_serial; /* of the configuration that was last looked at */
    bool               is_outdated;
    int64_t            pause_us;
    int64_t            lost_us;  /* when the origin was lost; 0: it has been there for PUSH_PAUSE_MAX_US */
    size_t             n_failed; /* in a row */
};

/* ---- when it ends ---- */

/* Another publisher has taken the stream over; the one that is passed on may still be told so. */
static bool is_taken_over(const struct passing *x)
{
    const struct publisher *p = x->a->source->publisher;
    return p && !str_equal(p->trace, x->push->call.who.id);
}

static bool is_over(const struct passing *x)
{
    return attendance_is_over(x->a) || !x->push->client || is_taken_over(x);
}

/* Look at a new configuration once. */
static void heed_conf(struct passing *x)
{
    const struct source *s = x->a->source;
    if (x->conf_serial == s->conf->serial)
        return;
    x->conf_serial = s->conf->serial;
    x->is_outdated = !origin_call_is_up_to_date(&x->push->call, s->vhost);
}

static bool leaves(void *arg)
{
    struct passing *x = arg;
    heed_conf(x);
    return x->is_outdated || is_over(x);
}

/* Wait until something happens, or until the deadline, which is no error. */
static struct err *wait(const struct passing *x, int64_t deadline_us)
{
    unsigned moments = 0;
    return err_except(attendance_wait(x->a, deadline_us, &moments), E_SOCKET_TIMEOUT);
}

/* The publisher cannot be kept. */
static struct err *end_publisher(const struct passing *x)
{
    struct err *e = NULL;
    if (x->push->client)
        client_end(x->push->client);
    while (!e && !is_over(x))
        e = wait(x, DEADLINE_NEVER);
    return e;
}

/* ---- an origin is lost ---- */

static bool is_final(const struct passing *x, const struct err *why, int64_t now)
{
    int64_t hold_us = x->a->source->vhost->cluster.hold_us;
    return (origin_call_is_verdict(&x->push->call, why) && err_code(why) != E_SYSTEM_STREAM_BUSY) ||
           now - x->lost_us >= hold_us;
}

static struct err *pause_before_next(const struct passing *x, int64_t pause_us)
{
    int64_t     until_us = now_us() + pause_us;
    struct err *e = NULL;
    while (!e && !is_over(x) && now_us() < until_us)
        e = wait(x, until_us);
    return e;
}

/* Decide how it goes on. Takes `why`. */
static struct err *note_failure(struct passing *x, struct err *why)
{
    const struct edge_push *p = x->push;
    int64_t                 now = now_us(), pause_us = 0;
    if (err_code(why) == E_THREAD_INTERRUPTED)
        return why;
    x->lost_us = x->lost_us ? x->lost_us : now;
    if (is_final(x, why, now)) {
        log_err(LOG_WARN, why, "edge: the publisher of %s is ended, its origin %s is lost", p->call.key,
                origin_call_at(&p->call));
        return end_publisher(x);
    }
    size_t n_origins = x->a->source->vhost->cluster.origins.count; /* A reload may have left none. */
    if (++x->n_failed >= n_origins) {
        x->n_failed = 0;
        x->pause_us = backoff_next_us(x->pause_us, PUSH_PAUSE_US, PUSH_PAUSE_MAX_US);
        pause_us = backoff_spread_us(x->pause_us);
    }
    log_err(LOG_WARN, why, "edge: publish of %s to %s has failed, next try in %lldms", p->call.key,
            origin_call_at(&p->call), (long long)(pause_us / US_PER_MS));
    return pause_before_next(x, pause_us);
}

/* ---- passing on ---- */

static struct err *open_next(struct passing *x)
{
    struct source *s = x->a->source;
    x->conf_serial = s->conf->serial;
    x->is_outdated = false;
    return origin_call_open(&x->push->call, s->conf, s->vhost, now_us() + s->vhost->cluster.timeout_us);
}

/* Send until the publisher, or the origin's turn, is over. */
static struct err *send_frames(struct passing *x)
{
    struct edge_push *p = x->push;
    log_info("edge: publish of %s to %s begins", p->call.key, p->call.origin);
    io_set_owner(&p->call.at.io, co_self()); /* The guard has opened the first one in the publisher's coroutine. */
    int64_t     began_us = now_us();
    struct err *e = forward_send(&p->call.at, x->a->source, &p->out, &p->n_messages, leaves, x);
    sender_detach(&p->out);
    if (!e)
        rtmp_client_leave(&p->call.at, now_us() + PUSH_LEAVE_US);
    if (now_us() - began_us >= PUSH_PAUSE_MAX_US) {
        x->pause_us = 0;
        x->n_failed = 0;
        x->lost_us = 0; /* One that accepts and closes at once, again and again, is lost all the time. */
    }
    origin_call_close(&p->call);
    return e;
}

static struct err *pass_on(struct attendance *a, struct edge_push *p)
{
    struct passing x = { .a = a, .push = p };
    struct err    *e = NULL;
    while (!e && !is_over(&x)) {
        if (!p->call.is_open)
            e = open_next(&x);
        if (!e)
            e = send_frames(&x);
        if (e)
            e = note_failure(&x, e);
    }
    origin_call_close(&p->call);
    log_info("edge: publish of %s has ended, %lld messages were sent", p->call.key, (long long)p->n_messages);
    return e;
}

/* Players are held for an origin that comes back, but not for an encoder, unless `hold` says so. */
static void end_hold(struct source *s)
{
    if (s->state == SOURCE_HELD && !hold_is_wanted(s->vhost))
        source_end_hold(s);
}

struct err *edge_push_attend(struct attendance *a)
{
    struct err *e = NULL;
    while (!e && !attendance_is_over(a)) {
        const struct publisher *publisher = a->source->publisher;
        struct edge_push       *p = publisher ? edge_push_find(publisher->trace) : NULL;
        unsigned                moments = 0;
        if (!p) { /* It comes from an origin, or its publisher is about to leave. */
            e = err_except(attendance_wait(a, DEADLINE_NEVER, &moments), E_SOCKET_TIMEOUT);
            continue;
        }
        edge_push_ref(p);
        e = pass_on(a, p);
        end_hold(a->source);
        edge_push_unref(&p);
    }
    return e;
}
