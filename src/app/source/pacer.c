#include "app/source/pacer.h"

#include "app/source/reader.h"
#include "app/source/source.h"
#include "core/clock.h"
#include "protocol/co.h"

/* The time at which the loop will have had as much time for others as the last round took. */
static int64_t rested_us(const struct source *s)
{
    return s->round_end_us + s->round_cost_us;
}

/* The time at which the frames that are held back are due; DEADLINE_NEVER if none is held. */
static int64_t due_us(const struct source *s)
{
    const struct conf_play *play = &s->vhost->play;
    uint64_t                n_held = s->ring.head - s->released;
    if (n_held == 0)
        return DEADLINE_NEVER;
    if (!source_is_settled(s))
        return s->unsettled_until_us;
    if (s->vhost->min_latency)
        return s->first_held_us;
    if (play->mw_latency_set) {
        /* The time counts from the start of the last round, because frames that arrive during a round are noticed after it. */
        int64_t due = s->round_start_us + play->mw_latency_us;
        if (n_held >= PACER_RELEASE_FRAMES_MAX)
            return due < rested_us(s) ? due : rested_us(s);
        bool too_few = play->mw_msgs_set && n_held <= (uint64_t)play->mw_msgs;
        return too_few ? s->first_held_us + play->mw_latency_us + PACER_LATENCY_MAX_US : due;
    }
    int64_t rested = rested_us(s);
    int64_t latest = s->first_held_us + PACER_LATENCY_MAX_US;
    return rested < latest ? rested : latest;
}

/*
 * Hand the release to waiting readers, or wake them to take it: from `at` on, at most *left readers, until the turn is over.
 * Returns the reader that comes next.
 */
static struct list *hand_out(struct source *s, struct list *at, size_t *left, int64_t until_us, int *woken)
{
    const struct reader_delivery *used = NULL;
    int                           n_woken = 0;
    for (int n = 0;
         *left > 0 && n < PACER_TURN_READERS && n_woken < PACER_TURN_WAKES && at != &s->readers && now_us() < until_us;
         n++) {
        struct reader *r = LIST_ENTRY(at, struct reader, link);
        at = at->next;
        --*left;
        if (!r->waiting)
            continue;
        if (r->delivery && r->delivery->add(r)) {
            if (used && used != r->delivery)
                used->flush();
            used = r->delivery;
        } else {
            co_unpark(r->co);
            n_woken++;
        }
    }
    if (used)
        used->flush();
    *woken = n_woken;
    return at;
}

/* Longest wait of a newcomer for the next release, which costs less than a write of its own. */
enum { JOIN_PATIENCE_US = 10 * US_PER_MS };

/* Release up to `frames` more frames, and wake a publisher that waits for room. */
static void release(struct source *s, uint64_t frames)
{
    uint64_t n_held = s->ring.head - s->released;
    s->release_began = s->released;
    s->released += n_held < frames ? n_held : frames;
    if (s->released < s->ring.head && s->released >= s->ring.tail)
        s->first_held_us = ring_at(&s->ring, s->released)->arrived_us;
    if (!s->publisher_waits)
        return;
    if (s->publisher)
        co_unpark(s->publisher->co);
    delay_notice(&s->delay);
}

void pacer_release_now(struct source *s)
{
    release(s, UINT64_MAX);
    size_t left = s->n_readers;
    int    n_woken;
    for (struct list *at = s->readers.next; left > 0;)
        at = hand_out(s, at, &left, DEADLINE_NEVER, &n_woken);
}

void pacer_notice(struct source *s)
{
    if (s->ring.head - s->released == 1)
        s->first_held_us = now_us();
    if (!s->pacer) {
        s->released = s->ring.head; /* There is no reader to wake. */
        return;
    }
    co_unpark(s->pacer);
    if (!list_is_empty(&s->joining) && s->ring.head > s->released && due_us(s) > now_us() + JOIN_PATIENCE_US)
        reader_wake_joining(s, ring_at(&s->ring, s->ring.head - 1));
}

/* With few readers, measuring the computing time would cost more than the round: elapsed time counts, up to FEW_COST_US each. */
enum { FEW_READERS = 4, FEW_COST_US = 200 };

/*
 * The cost of a round that began at these values of the clock and of the thread's computing time. The cost is computing time:
 * on a shared host, resting for the time that other processes had the core would make latencies of hundreds of milliseconds.
 */
static int64_t cost_since(const struct source *s, int64_t began_us, int64_t cpu_us)
{
    int64_t took_us = s->round_end_us - began_us, most_us = (int64_t)s->n_readers * FEW_COST_US;
    if (cpu_us < 0)
        return took_us < most_us ? took_us : most_us;
    int64_t computed_us = thread_cpu_us() - cpu_us;
    return took_us < computed_us ? took_us : computed_us;
}

/*
 * Hand a release to all readers, and measure the cost: the last yield returns when all readers that were woken have run.
 * Between two turns other coroutines run, and readers join and leave; those that join are last in the list.
 */
static void run_round(struct source *s)
{
    bool    is_small = s->n_readers <= FEW_READERS; /* Such a round costs less than a yield. */
    int64_t cpu_us = is_small ? -1 : thread_cpu_us();
    s->round_start_us = now_us();
    release(s, PACER_RELEASE_FRAMES_MAX);
    s->next_served = s->readers.next;
    for (size_t left = s->n_readers; left > 0 && s->next_served != &s->readers;) {
        int n_woken;
        s->next_served = hand_out(s, s->next_served, &left, now_us() + PACER_TURN_US, &n_woken);
        if (n_woken)
            co_give_way();
        else if (!is_small || left > 0 || s->ring.head > s->released)
            co_give_way_to_urgent();
    }
    s->next_served = NULL;
    s->round_end_us = now_us();
    s->round_cost_us = cost_since(s, s->round_start_us, cpu_us);
}

static void pacer_run(void *arg)
{
    struct source *s = arg;
    struct err    *e = NULL;
    co_set_urgent(true);
    while (s->n_readers > 0 && !e) {
        int64_t due = due_us(s);
        if (due <= now_us()) {
            run_round(s);
            continue;
        }
        e = err_except(co_park(due), E_SOCKET_TIMEOUT);
    }
    err_free(e);
    s->pacer = NULL;
    release(s, UINT64_MAX);
}

bool pacer_has_room(const struct source *s)
{
    return !s->pacer || s->ring.head - s->released <= PACER_HELD_FRAMES_MAX;
}

struct err *pacer_wait_for_room(struct source *s)
{
    struct err *e = NULL;
    while (!e && !pacer_has_room(s)) {
        s->publisher_waits = true;
        e = co_park(DEADLINE_NEVER);
    }
    s->publisher_waits = false;
    return e;
}

struct err *pacer_start(struct source *s)
{
    return s->pacer ? NULL : co_go(&s->pacer_group, "pacer", pacer_run, s, &s->pacer);
}

int64_t pacer_interval_us(const struct source *s)
{
    int64_t cost_us = s->round_cost_us;
    if (s->vhost->min_latency)
        return 0;
    if (s->vhost->play.mw_latency_set)
        return s->vhost->play.mw_latency_us;
    return 2 * cost_us < PACER_LATENCY_MAX_US ? 2 * cost_us
                                              : PACER_LATENCY_MAX_US; /* the round and a rest of the same length */
}

void pacer_stop(struct source *s)
{
    co_group_cancel_and_join(&s->pacer_group);
}
