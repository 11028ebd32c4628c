#include "app/hold/hold.h"

#include "app/hold/backup.h"
#include "app/hold/slate.h"
#include "app/source/attend.h"
#include "app/source/life.h"
#include "app/source/source.h"
#include "app/source/sources.h"
#include "core/clock.h"
#include "core/log.h"
#include "protocol/co.h"

/* How often it looks for a backup that is live, and how long its key frame may take before the slate is shown. */
enum { LOOK_US = 100 * US_PER_MS, BEGIN_US = 3 * US_PER_SECOND };

struct hold {
    struct source *source;
    struct backup  backup;
    struct slate   slate;
    int64_t since_us; /* time since which neither the publisher nor the backup brings frames; 0: one of them does */
};

bool hold_is_wanted(const struct conf_vhost *vhost)
{
    return vhost->publish.hold_us > 0 || *vhost->publish.backup || *vhost->publish.slate;
}

static int64_t limit_us(const struct source *s)
{
    int64_t us = s->vhost->publish.hold_us;
    return us > 0 ? us : HOLD_UNSAID_US;
}

static void give_up(struct source *s)
{
    log_info("the publisher of %s has not come back within %lldms (hold), players=%zu", s->identity,
             (long long)(limit_us(s) / US_PER_MS), s->n_readers);
    source_end_stand_in(s);
    source_end_hold(s);
}

/* The backup plays until its publisher leaves, or ours is back. Then the slate replaces it, or the stream is held again. */
static void tend_backup(struct hold *h)
{
    bool played = h->backup.plays;
    backup_tend(&h->backup);
    if (played || h->backup.plays)
        h->since_us = now_us();
}

/* True while a backup that was just found is waited for. */
static bool is_about_to_play(const struct backup *b)
{
    return b->source && now_us() - b->found_us < BEGIN_US;
}

/* The slate is shown unless a backup is about to begin. It gives way to one that has begun. Returns when to look again. */
static int64_t tend_slate(struct hold *h)
{
    if (h->backup.plays)
        slate_close(&h->slate);
    if (h->backup.plays || (is_about_to_play(&h->backup) && !h->slate.plays))
        return DEADLINE_NEVER;
    return slate_tend(&h->slate);
}

static int64_t earliest(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Do what is due while the publisher is away. Returns when to look again. */
static int64_t tend(struct hold *h)
{
    struct source *s = h->source;
    if (!source_is_replaceable(s)) {
        h->since_us = 0;
        slate_close(&h->slate);
        backup_close(&h->backup);
        return source_is_replaceable(s) ? now_us() : DEADLINE_NEVER;
    }
    if (!h->since_us)
        h->since_us = s->held_from_us;
    if (!s->stand_in) /* The publisher may have been there for a moment. */
        h->backup.plays = h->slate.plays = false;
    tend_backup(h);
    if (source_is_replaceable(s) && !h->backup.plays && now_us() >= h->since_us + limit_us(s))
        give_up(s);
    if (!source_is_replaceable(s))
        return now_us();
    int64_t due_us = tend_slate(h);
    if (!h->backup.plays && !h->slate.plays)
        source_end_stand_in(s);
    int64_t look_us = *s->vhost->publish.backup ? now_us() + LOOK_US : DEADLINE_NEVER;
    return earliest(earliest(due_us, look_us), h->since_us + limit_us(s));
}

struct err *hold_run(struct attendance *a)
{
    struct hold h = { .source = a->source };
    struct err *e = NULL;
    unsigned    moments;
    backup_init(&h.backup, a->source);
    slate_init(&h.slate, a->source);
    source_let_hold(a->source, true);
    while (!e && !attendance_is_over(a))
        e = err_except(attendance_wait(a, tend(&h), &moments), E_SOCKET_TIMEOUT);
    source_end_stand_in(a->source);
    source_let_hold(a->source, false);
    slate_close(&h.slate);
    backup_close(&h.backup);
    return e;
}

void hold_end_all(struct sources *all)
{
    size_t         at = 0;
    struct source *s;
    all->holds_none = true;
    while ((s = map_next(&all->by_key, &at, NULL))) {
        source_end_stand_in(s);
        source_end_hold(s);
    }
}
