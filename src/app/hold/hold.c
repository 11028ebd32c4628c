#include "app/hold/hold.h"

#include "app/source/attend.h"
#include "app/source/life.h"
#include "app/source/source.h"
#include "app/source/sources.h"
#include "core/clock.h"
#include "core/log.h"
#include "protocol/co.h"

bool hold_is_wanted(const struct conf_vhost *vhost)
{
    return vhost->publish.hold_us > 0;
}

static int64_t end_us(const struct source *s)
{
    return s->state == SOURCE_HELD ? s->held_from_us + s->vhost->publish.hold_us : DEADLINE_NEVER;
}

static void give_up(struct source *s)
{
    log_info("the publisher of %s has not come back within %lldms (hold), players=%zu", s->identity,
             (long long)(s->vhost->publish.hold_us / US_PER_MS), s->n_readers);
    source_end_hold(s);
}

struct err *hold_run(struct attendance *a)
{
    struct source *s = a->source;
    struct err    *e = NULL;
    unsigned       moments;
    source_let_hold(s, true);
    while (!e && !attendance_is_over(a)) {
        if (now_us() >= end_us(s))
            give_up(s);
        else
            e = err_except(attendance_wait(a, end_us(s), &moments), E_SOCKET_TIMEOUT);
    }
    source_let_hold(s, false);
    return e;
}

void hold_end_all(struct sources *all)
{
    size_t         at = 0;
    struct source *s;
    all->holds_none = true;
    while ((s = map_next(&all->by_key, &at, NULL)))
        source_end_hold(s);
}
