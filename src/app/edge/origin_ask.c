#include "app/edge/origin_ask.h"

#include "core/log.h"

static const char *role_of(const struct origin_call *c)
{
    return c->who.plays ? "player" : "publisher";
}

static enum session_verdict verdict_of(const struct origin_call *c, const struct err *e)
{
    if (err_code(e) == E_THREAD_INTERRUPTED)
        return SESSION_FAILED;
    if (!origin_call_is_verdict(c, e))
        return c->who.plays ? SESSION_UNAVAILABLE : SESSION_FAILED;
    switch (err_code(e)) {
    case E_SYSTEM_STREAM_BUSY: return SESSION_BUSY;
    case E_RTMP_STREAM_NOT_FOUND: return c->who.plays ? SESSION_NOT_FOUND : SESSION_DENIED;
    default: return SESSION_DENIED;
    }
}

static void log_failure(const struct origin_call *c, struct err *e)
{
    log_err(LOG_WARN, e, "edge: origin %s does not take the %s of %s", origin_call_at(c), role_of(c), c->key);
}

/* What the client hears of an answer without words. A publisher hears why; a player, who may be anybody, nothing of addresses. */
static struct err *speak_for(const struct origin_call *c, const struct err *e)
{
    const char *what = origin_call_is_verdict(c, e) ? "the origin refuses the stream" : "no origin takes the stream";
    char        text[ERR_TEXT_MAX];
    return c->who.plays ? err_new(E_REFUSED, "%s", what)
                        : err_new(E_REFUSED, "%s: %s", what, err_text(e, text, sizeof text));
}

/* Let the client hear what the origin has said, without how it came to be said. */
static struct err *in_its_words(const struct origin_call *c, struct err *e)
{
    if (err_code(e) == E_THREAD_INTERRUPTED)
        return e;
    bool        has_words = origin_call_is_verdict(c, e) && *c->at.refusal;
    struct err *told = has_words ? err_new(err_code(e), "%s", c->at.refusal) : speak_for(c, e);
    log_failure(c, e);
    return told;
}

struct err *origin_ask(struct origin_call *c, struct conf *conf, const struct conf_vhost *vhost,
                       enum session_verdict *verdict)
{
    int64_t     deadline_us = now_us() + ORIGIN_ASK_US, timeout_us = vhost->cluster.timeout_us;
    struct err *e = NULL;
    for (size_t n = vhost->cluster.origins.count; !c->is_open && !origin_call_is_verdict(c, e); n--) {
        int64_t until_us = now_us() + timeout_us;
        if (e)
            log_failure(c, e);
        e = origin_call_open(c, conf, vhost, until_us < deadline_us ? until_us : deadline_us);
        if (n <= 1 || err_code(e) == E_THREAD_INTERRUPTED || now_us() >= deadline_us)
            break;
    }
    if (!e)
        return NULL;
    *verdict = verdict_of(c, e);
    return in_its_words(c, e);
}
