#include "app/source/delaying.h"

#include "app/source/enter.h"
#include "app/source/life.h"
#include "app/source/pacer.h"
#include "app/source/seaming.h"
#include "app/source/source.h"
#include "app/source/sources.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/mem.h"
#include "protocol/co.h"

/* Frames that are due this soon go out with the one that is due: one wake-up for sound and picture. */
enum { TOGETHER_US = 5 * US_PER_MS };

/* A stream that nobody waits for lets frames out by this clock, many at a time, as its publisher is read. */
enum { TICK_US = 100 * US_PER_MS };

/* Frames that go out early for each frame that comes, while there is no room. */
enum { EARLY_FRAMES = 2 };

/* Append the oldest frame that is held. */
static void let_out(struct source *s)
{
    struct arrival    a;
    enum delay_begins begins;
    if (!delay_get(&s->delay, &a, &begins))
        return;
    if (begins != DELAY_GOES_ON)
        source_begin_late(s, begins == DELAY_BEGINS_AFTER);
    struct err *e = source_enter(s, &a);
    if (e)
        log_err(LOG_WARN, e, "a delayed frame of %s is lost", s->identity);
    frame_unref(&a.frame);
}

/* When the oldest frame is due: not while its publisher waits behind a stand-in. */
static int64_t due_us(const struct source *s)
{
    return s->hand_back.waits ? DEADLINE_NEVER : delay_due_us(&s->delay);
}

/* Append what is due, as fast as the readers take it. */
static struct err *let_due_out(struct source *s)
{
    struct err *e = NULL;
    while (!e && due_us(s) <= now_us() + TOGETHER_US) {
        let_out(s);
        e = pacer_wait_for_room(s);
        co_give_way_by_time();
    }
    return e;
}

/* The time at which to let frames out. A reader that comes meanwhile is up to a tick late at the delayed end. */
static int64_t next_us(const struct source *s)
{
    int64_t us = due_us(s);
    return us == DEADLINE_NEVER || source_is_awaited(s) ? us : (us / TICK_US + 1) * TICK_US;
}

static bool is_needed(const struct source *s)
{
    return s->delay.n > 0 || (s->publisher && delay_is_in_use(&s->delay));
}

static void run(void *arg)
{
    struct source *s = arg;
    struct err    *e = NULL;
    co_set_trace(s->stat.publisher_id);
    co_set_urgent(true);
    while (!e && is_needed(s)) {
        e = let_due_out(s);
        if (!e && is_needed(s))
            e = err_except(co_park(next_us(s)), E_SOCKET_TIMEOUT);
    }
    err_free(e);
    while (s->delay.n > 0) /* The server ends. */
        let_out(s);
    source_end_late(s);
    s->delay.co = NULL;
    source_release(s);
}

static struct err *start(struct source *s)
{
    if (s->delay.co)
        return NULL;
    struct err *e = co_go(&s->owner->delays, "delay", run, s, &s->delay.co);
    if (!e)
        s->refs++;
    return e;
}

/* True for the first, second, fourth, eighth … frame: only these are logged. */
static bool is_worth_a_line(int64_t n)
{
    return (n & (n - 1)) == 0;
}

/* Let the oldest frames out while more is held than there is room for. */
static void keep_bounds(struct source *s)
{
    struct delay *d = &s->delay;
    for (int i = 0; d->n > 0 && (d->bytes > DELAY_BYTES_MAX || (i < EARLY_FRAMES && !mem_has_room())); i++) {
        if (is_worth_a_line(++d->n_early))
            log_warn("the delay of %s is shorter than configured, it holds %zu MiB and there is no room for more: %lld "
                     "frames "
                     "went out early",
                     s->identity, d->bytes >> 20, (long long)d->n_early);
        let_out(s);
    }
}

/* Append what a publisher brings, now or later. */
static struct err *take(struct source *s, const struct arrival *a)
{
    if (!delay_is_in_use(&s->delay) || (s->owner->delays_none && !delay_is_holding(&s->delay)))
        return source_enter(s, a);
    bool waited = s->hand_back.waits;
    if (waited && hand_back_look(&s->hand_back, a, now_us(), source_queue_length_us(s)) == HAND_BACK_DROP)
        return NULL;
    struct err *e = start(s);
    if (e)
        return e;
    if (!delay_put(&s->delay, a, now_us()))
        return err_no_memory();
    if (waited)
        delay_notice(&s->delay);
    keep_bounds(s);
    return NULL;
}

struct err *source_take(struct source *s, const struct arrival *a)
{
    struct arrival moved = *a;
    bool           enters = true;
    struct err    *e = s->seam.state == SEAM_NONE ? NULL : seaming_look(s, &moved, &enters);
    return e || !enters ? e : take(s, &moved);
}

void delays_end(struct sources *all)
{
    all->delays_none = true;
    co_group_cancel_and_join(&all->delays);
}
