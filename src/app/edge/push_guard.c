#include "app/edge/push_guard.h"

#include "app/edge/push.h"
#include "core/log.h"
#include "protocol/co.h"

/* How often it is looked whether the publish before has ended. */
enum { LOOK_US = 20 * US_PER_MS };

/* Give the push of a publisher that has left the time to end: the origin would call the stream busy. */
static struct err *wait_for_end(const struct edge_push *p)
{
    int64_t                 deadline_us = now_us() + PUSH_AFTER_US;
    const struct edge_push *other;
    struct err             *e = NULL;
    while (!e && (other = edge_push_other(p)) && !other->client && now_us() < deadline_us)
        e = co_sleep(LOOK_US);
    return e;
}

static struct err *check_free(struct session *s, const struct edge_push *p)
{
    const struct edge_push *other = edge_push_other(p);
    bool                    takes_over = s->vhost->publish.republish_takeover;
    if (!other || (!other->is_asked && (!other->client || takes_over)))
        return NULL;
    s->verdict = SESSION_BUSY;
    return err_new(E_SYSTEM_STREAM_BUSY, "%s is %s by client %s", p->key,
                   other->is_asked ? "about to be published" : "published", other->id);
}

static void set_verdict(struct session *s, const struct edge_push *p, const struct err *e)
{
    s->verdict = !edge_push_is_verdict(p, e)           ? SESSION_FAILED
                 : err_code(e) == E_SYSTEM_STREAM_BUSY ? SESSION_BUSY
                                                       : SESSION_DENIED;
}

/*
 * Let the publisher hear what the origin has said, without how it came to be said. The end of a connection to an origin must not look like
 * that of the publisher's own.
 */
static struct err *in_its_words(const struct edge_push *p, struct err *e)
{
    enum err_code code = err_code(e);
    char          text[ERR_TEXT_MAX];
    struct err   *told;
    if (code == E_THREAD_INTERRUPTED)
        return e;
    if (!edge_push_is_verdict(p, e))
        told = err_new(E_REFUSED, "no origin takes the stream: %s", err_text(e, text, sizeof text));
    else if (!*p->at.refusal)
        told = err_new(E_REFUSED, "the origin refuses the stream: %s", err_text(e, text, sizeof text));
    else
        told = err_new(code, "%s", p->at.refusal);
    log_err(LOG_WARN, e, "edge: origin %s does not take the publisher of %s", edge_push_at(p), p->key);
    return told;
}

/* Ask one origin after another, until one answers. */
static struct err *try_origins(struct session *s, struct edge_push *p)
{
    int64_t     deadline_us = now_us() + PUSH_ASK_US, timeout_us = s->vhost->cluster.timeout_us;
    struct err *e = NULL;
    for (size_t n = s->vhost->cluster.origins.count; !p->is_open && !edge_push_is_verdict(p, e); n--) {
        int64_t until_us = now_us() + timeout_us;
        if (e)
            log_err(LOG_WARN, e, "edge: origin %s does not take the publisher of %s", edge_push_at(p), p->key);
        e = edge_push_open(p, s->conf, s->vhost, until_us < deadline_us ? until_us : deadline_us);
        if (n <= 1 || err_code(e) == E_THREAD_INTERRUPTED || now_us() >= deadline_us)
            break;
    }
    return e;
}

static struct err *ask_origins(struct session *s, struct edge_push *p)
{
    session_begin_wait(s);
    struct err *e = wait_for_end(p);
    bool        is_asking = false;
    if (!e)
        e = check_free(s, p);
    if (!e) {
        p->is_asked = is_asking = true;
        e = try_origins(s, p);
        p->is_asked = false;
    }
    if (e && is_asking) {
        set_verdict(s, p, e);
        e = in_its_words(p, e);
    }
    return session_end_wait(s, e);
}

static void leave(void *kept)
{
    struct edge_push *p = kept;
    if (!p)
        return;
    p->client = NULL;
    edge_push_unref(&p);
}

static struct err *ask(struct session *s, void **kept)
{
    if (!s->client.type->publish)
        return NULL;
    struct edge_push *p = edge_push_new(s);
    if (!p)
        return err_no_memory();
    struct err *e = s->vhost->cluster.mode == CONF_CLUSTER_REMOTE ? ask_origins(s, p) : NULL;
    if (e)
        leave(p);
    else
        *kept = p;
    return e;
}

const struct session_guard edge_push_guard = { .ask = ask, .leave = leave };
