#include "app/session/patience.h"

#include "app/source/source.h"
#include "core/clock.h"
#include "protocol/co.h"

void patience_begin(struct patience *p, const struct source *source)
{
    *p = (struct patience){ .source = source, .began_us = now_us() };
}

void patience_heard(struct patience *p)
{
    p->heard = true;
    p->last_packet_us = now_us();
}

int64_t patience_silence_deadline(const struct patience *p)
{
    const struct conf_publish *conf = &p->source->vhost->publish;
    return co_deadline(p->heard ? p->last_packet_us + conf->normal_timeout_us
                                : p->began_us + conf->firstpkt_timeout_us);
}

int64_t patience_idle_deadline(const struct patience *p)
{
    const struct source *s = p->source;
    int64_t              limit_us = s->vhost->publish.kickoff_for_idle_us;
    return limit_us > 0 && s->n_readers == 0 ? s->unwatched_since_us + limit_us : DEADLINE_NEVER;
}

int64_t patience_deadline(const struct patience *p)
{
    int64_t silence = patience_silence_deadline(p), idle = patience_idle_deadline(p);
    return silence < idle ? silence : idle;
}

struct err *patience_judge(const struct patience *p)
{
    const struct conf_publish *conf = &p->source->vhost->publish;
    int64_t                    now = now_us();
    if (now >= patience_idle_deadline(p))
        return err_new(E_KICKOFF_FOR_IDLE, "nobody has watched %s for %lldms (kickoff_for_idle)", p->source->identity,
                       (long long)(conf->kickoff_for_idle_us / US_PER_MS));
    if (now >= patience_silence_deadline(p))
        return err_new(E_SOCKET_TIMEOUT, "no packet within %lldms (%s)",
                       (long long)((p->heard ? conf->normal_timeout_us : conf->firstpkt_timeout_us) / US_PER_MS),
                       p->heard ? "normal_timeout" : "firstpkt_timeout");
    return NULL;
}
