#include "app/session/client_lines.h"

#include "app/source/pacer.h"
#include "app/source/source.h"
#include "core/clock.h"
#include "core/log.h"

static void log_publisher(const struct client *c, const char *id, int64_t age_ms)
{
    const struct rate         *sent = &c->traffic.out, *got = &c->traffic.in;
    const struct conf_publish *conf = &c->source->vhost->publish;
    log_write_as(id, LOG_INFO, "<- %s time=%lld, okbps=%d,%d,%d, ikbps=%d,%d,%d, mr=%d/%lld, p1stpt=%lld, pnt=%lld",
                 c->type->tag, (long long)age_ms, sent->sample.kbps, sent->window_30s.kbps, sent->window_5m.kbps,
                 got->sample.kbps, got->window_30s.kbps, got->window_5m.kbps, conf->mr,
                 (long long)(conf->mr_latency_us / US_PER_MS), (long long)(conf->firstpkt_timeout_us / US_PER_MS),
                 (long long)(conf->normal_timeout_us / US_PER_MS));
}

static void log_player(const struct client *c, const char *id, int64_t age_ms)
{
    const struct rate *sent = &c->traffic.out, *got = &c->traffic.in;
    long long          mw_ms = (long long)(pacer_interval_us(c->source) / US_PER_MS);
    int                mw_msgs = c->source->vhost->play.mw_msgs;
    if (c->type->is_http)
        log_write_as(id, LOG_INFO, "-> %s http: got %lld msgs, age=%lld, min=%d, mw=%lld", c->type->tag,
                     (long long)c->n_messages, (long long)age_ms, mw_msgs, mw_ms);
    else
        log_write_as(id, LOG_INFO, "-> %s time=%lld, msgs=%lld, okbps=%d,%d,%d, ikbps=%d,%d,%d, mw=%lld/%d",
                     c->type->tag, (long long)age_ms, (long long)c->n_messages, sent->sample.kbps,
                     sent->window_30s.kbps, sent->window_5m.kbps, got->sample.kbps, got->window_30s.kbps,
                     got->window_5m.kbps, mw_ms, mw_msgs);
}

/* The first line ends as readers of SRS's log expect; what SRS does not tell stands in the second. */
static void log_client(const struct client *c, int64_t now)
{
    char                 buf[IDENT_CAP];
    const char          *id = client_public_id(c, buf);
    int64_t              age_ms = (now - c->since_us) / US_PER_MS;
    const struct source *s = c->source;
    if (c->type->publish) {
        log_publisher(c, id, age_ms);
        log_write_as(id, LOG_INFO, "client type=%s, url=%s, ip=%s, kbps=%d, fps=%.1f, players=%zu", c->type->name,
                     s->identity, c->ip, c->traffic.in.sample.kbps, s->fps, s->n_readers);
    } else {
        log_player(c, id, age_ms);
        log_write_as(id, LOG_INFO, "client type=%s, url=%s, ip=%s, kbps=%d, jumps=%lld", c->type->name, s->identity,
                     c->ip, c->traffic.out.sample.kbps, (long long)s->n_jumps);
    }
}

void client_lines_log(struct registry *r, int64_t now)
{
    enum { TYPES_MAX = 16 };
    const struct client_type *seen[TYPES_MAX];
    size_t                    n_seen = 0;
    struct list               logged;
    list_init(&logged);
    LIST_FOREACH (&r->clients, it, after) {
        struct client *c = LIST_ENTRY(it, struct client, link);
        size_t         i = 0;
        while (i < n_seen && seen[i] != c->type)
            i++;
        if (i < n_seen || n_seen == TYPES_MAX)
            continue;
        seen[n_seen++] = c->type;
        log_client(c, now);
        list_remove(&c->link); /* to the end of the line: another one next time */
        list_push(&logged, &c->link);
    }
    LIST_FOREACH (&logged, it, after) {
        list_remove(it);
        list_push(&r->clients, it);
    }
}
