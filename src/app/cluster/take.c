#include "app/cluster/take.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include "app/cluster/find.h"
#include "app/forward/forwards.h"
#include "app/forward/target.h"
#include "app/session/session.h"
#include "app/source/life.h"
#include "app/source/source.h"
#include "core/log.h"
#include "core/str.h"
#include "protocol/co.h"
#include "protocol/io.h"

/* How often it is looked whether the publisher has gone. */
enum { LOOK_US = 20 * US_PER_MS };

/* ---- the server to which the new publisher comes ---- */

/* The other end of the publisher's connection; "": it has none. */
static const char *address_of(const struct session *s, char buf[static IO_ADDR_CAP])
{
    struct sockaddr_storage there = { 0 };
    socklen_t               len = sizeof there;
    *buf = '\0';
    if (s->io && s->io->fd >= 0 && getpeername(s->io->fd, (struct sockaddr *)&there, &len) == 0)
        io_addr_text((const struct sockaddr *)&there, buf);
    return buf;
}

static struct err *take_from(struct session *s, const char *coworker)
{
    char                          from[IO_ADDR_CAP];
    bool                          was_there = false;
    const struct cluster_question q = {
        .conf = s->conf,
        .vhost = s->vhost->name,
        .host = s->host,
        .app = s->app,
        .stream = s->stream,
        .trusts = &s->vhost->cluster,
    };
    session_begin_wait(s);
    struct err *e = session_end_wait(
        s, cluster_ask_to_give(&q, coworker, address_of(s, from), now_us() + CLUSTER_TAKE_US, &was_there));
    if (!e)
        log_info("cluster: %s is taken over from co-worker %s%s", s->stream, coworker,
                 was_there ? "" : ", which has it no more");
    return e;
}

static struct err *busy(struct session *s, struct err *why)
{
    s->verdict = SESSION_BUSY;
    return why;
}

/* More than one co-worker may have the stream. One that still has it after its publisher has gone sends the end of a delay. */
struct err *cluster_take(struct session *s)
{
    char                        last[CLUSTER_COWORKER_CAP] = "";
    const struct cluster_wanted w = {
        .conf = s->conf, .vhost = s->vhost, .host = s->host, .app = s->app, .stream = s->stream, .anew = true
    };
    for (int i = 0; i < CLUSTER_TAKES_MAX; i++) {
        enum cluster_found   found;
        struct cluster_place place;
        session_begin_wait(s);
        struct err *e = session_end_wait(s, cluster_find(&w, &found, &place));
        if (e || found != CLUSTER_FOUND || str_equal(place.coworker, last))
            return e;
        e = take_from(s, place.coworker);
        if (err_code(e) == E_THREAD_INTERRUPTED || err_code(e) == E_END_OF_STREAM)
            return e;
        if (e)
            return busy(s, e);
        str_copy(last, sizeof last, place.coworker);
    }
    return busy(s, err_new(E_SYSTEM_STREAM_BUSY, "more than %d co-workers have %s", CLUSTER_TAKES_MAX, s->stream));
}

/* ---- the server that has the stream ---- */

static bool comes_from(const struct target *t, const char *from)
{
    struct sockaddr_storage here = { 0 };
    socklen_t               len = sizeof here;
    char                    text[IO_ADDR_CAP];
    int                     fd = t->client.io.fd;
    return fd >= 0 && getsockname(fd, (struct sockaddr *)&here, &len) == 0 &&
           str_equal(io_addr_text((const struct sockaddr *)&here, text), from);
}

/* True if the publisher that comes over this connection is a push of the stream. */
static bool is_own_push(const struct source *s, const char *from)
{
    LIST_FOREACH (forwards_running(), it, after) {
        const struct forward *f = LIST_ENTRY(it, struct forward, link);
        if (f->source != s)
            continue;
        LIST_FOREACH (&f->targets, at, next)
            if (comes_from(LIST_ENTRY(at, struct target, link), from))
                return true;
    }
    return false;
}

/* Wait until the publisher that was told to go has gone. */
static bool has_gone(const struct source *s)
{
    int64_t     deadline_us = now_us() + CLUSTER_GIVE_US;
    struct err *e = NULL;
    while (!e && s->publisher && s->publisher->taken_over && now_us() < deadline_us)
        e = co_sleep(LOOK_US);
    err_free(e);
    return !s->publisher || !s->publisher->taken_over;
}

enum cluster_given cluster_give(struct sources *all, const struct conf_vhost *vhost, const char *app,
                                const char *stream, const char *from)
{
    struct source *s = source_find(all, vhost, app, stream);
    if (!vhost->cluster.origin_cluster || vhost->cluster.publish_elsewhere != CONF_ELSEWHERE_TAKEOVER)
        return CLUSTER_GIVEN_NOT;
    if (!s || !source_is_on_air(s))
        return CLUSTER_GIVEN_NONE;
    if (is_own_push(s, from))
        return CLUSTER_GIVEN_LOOP;
    struct source *held;
    struct err    *e = source_acquire(&held, all, s->conf, s->vhost, s->app, s->stream);
    if (e) {
        err_free(e);
        return CLUSTER_GIVEN_LATE;
    }
    bool was_there = held->publisher != NULL;
    source_expel(held);
    bool gone = has_gone(held);
    if (gone)
        source_end_hold(held);
    source_release(held);
    return !gone ? CLUSTER_GIVEN_LATE : was_there ? CLUSTER_GIVEN : CLUSTER_GIVEN_NONE;
}
