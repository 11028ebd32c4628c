#include "app/rtmp/intake.h"

#include "app/source/source.h"
#include "core/clock.h"
#include "protocol/busy.h"
#include "protocol/co.h"
#include "protocol/io.h"

/* Time over which the bit rate is judged. */
enum { JUDGE_US = US_PER_SECOND };

/* Number of groups into which publishers with gathered input are divided, so that none waits for all others. */
enum { GATHER_PHASES = 4 };

void intake_init(struct intake *in, struct rtmp_link *link)
{
    static unsigned n;
    *in = (struct intake){ .link = link, .judged_us = now_us(), .judged_bytes = link->io->bytes_in };
    in->phase = n++ % GATHER_PHASES;
}

static void go_by_clock(struct intake *in, bool by_clock)
{
    if (in->by_clock == by_clock)
        return;
    in->by_clock = by_clock;
    io_mute_input(in->link->io, by_clock);
}

void intake_finish(struct intake *in)
{
    go_by_clock(in, false);
}

static void judge_rate(struct intake *in, int64_t now)
{
    int64_t elapsed_us = now - in->judged_us, bytes = in->link->io->bytes_in - in->judged_bytes;
    if (elapsed_us < JUDGE_US)
        return;
    in->modest = bytes * INTAKE_TICK_US / elapsed_us < INTAKE_TICK_BYTES;
    in->judged_us = now;
    in->judged_bytes += bytes;
}

/* True if input may be gathered: the vhost configures no latency. */
static bool may_gather(const struct source *s)
{
    return !s->vhost->min_latency && !s->vhost->play.mw_latency_set;
}

/* True if nobody waits for a frame: the stream has no readers, or is delayed, and then goes out at the pace of its own times. */
static bool may_tick(const struct source *s)
{
    return !source_is_awaited(s) || s->delay.span_us > INTAKE_TICK_US;
}

/* The length of a tick; 0: input is read as it comes. */
static int64_t tick_us(const struct intake *in, const struct source *s)
{
    if (in->link->io->hung_up)
        return 0;
    if (s->vhost->publish.mr)
        return s->vhost->publish.mr_latency_us; /* The configured tick holds for any bit rate. */
    if (!in->modest)
        return 0;
    return may_tick(s) ? INTAKE_TICK_US : may_gather(s) ? busy_gather_us() : 0;
}

/*
 * The publishers that wait for the same tick: one of them, the leader, waits for the clock and wakes the others. A thousand
 * timers, each of which ends with an error object, would cost as much as the reading.
 */
static struct phase {
    struct list    waiting;
    struct intake *leader; /* NULL: no publisher waits */
} phases[GATHER_PHASES];

static struct list *waiting_in(struct phase *ph)
{
    if (!ph->waiting.next)
        list_init(&ph->waiting);
    return &ph->waiting;
}

/* Wake all that wait, or only the next leader. */
static void stop_leading(struct phase *ph, bool is_time)
{
    ph->leader = NULL;
    LIST_FOREACH (&ph->waiting, it, after) {
        struct intake *other = LIST_ENTRY(it, struct intake, waiting);
        other->is_due = is_time;
        co_unpark(other->co);
        if (!is_time)
            break;
    }
}

/* Park until `at_us`, as the leader or behind one, or until woken for another reason. */
static struct err *wait_in_phase(struct intake *in, const struct source *s, int64_t tick, int64_t at_us)
{
    struct phase *ph = &phases[in->phase];
    struct err   *e = NULL;
    in->co = co_self();
    in->is_due = false;
    list_push(waiting_in(ph), &in->waiting);
    while (!e && !in->is_due && now_us() < at_us && tick_us(in, s) == tick) {
        if (!ph->leader)
            ph->leader = in;
        e = co_park(ph->leader == in ? at_us : DEADLINE_NEVER);
    }
    list_remove(&in->waiting);
    if (ph->leader == in)
        stop_leading(ph, now_us() >= at_us);
    return e;
}

/* Wait until the next tick, or until there is another reason to look at the input. */
static struct err *wait_for_tick(struct intake *in, const struct source *s, int64_t tick, int64_t deadline_us)
{
    int64_t     phase_us = tick == INTAKE_TICK_US ? 0 : (int64_t)in->phase * tick / GATHER_PHASES;
    int64_t     at = ((now_us() - phase_us) / tick + 1) * tick + phase_us;
    struct err *e = NULL;
    if (tick <= BUSY_GATHER_MAX_US && at < deadline_us)
        e = wait_in_phase(in, s, tick, at);
    else
        while (!e && now_us() < at && tick_us(in, s) == tick)
            e = co_park(at < deadline_us ? at : deadline_us);
    return now_us() < deadline_us ? err_except(e, E_SOCKET_TIMEOUT) : e;
}

struct err *intake_read(struct intake *in, const struct source *s, struct rtmp_message *msg, int64_t deadline_us)
{
    bool    got;
    int64_t bytes = in->link->io->bytes_in, tick = tick_us(in, s);
    judge_rate(in, now_us());
    go_by_clock(in, tick > 0);
    if (!tick)
        return rtmp_link_read_message(in->link, msg, deadline_us);

    struct err *e = rtmp_link_next_now(in->link, msg, &got);
    if (!e && !got) {
        e = wait_for_tick(in, s, tick, deadline_us);
        io_look_again(in->link->io);
    }
    if (in->link->io->bytes_in - bytes > INTAKE_TICK_BYTES)
        in->modest = false; /* It holds until the bit rate is judged again. */
    return e;
}

struct err *intake_look(struct intake *in, struct rtmp_message *msg, bool *heard)
{
    bool    got;
    int64_t bytes = in->link->io->bytes_in;
    io_look_again(in->link->io);
    struct err *e = rtmp_link_next_now(in->link, msg, &got);
    *heard = got || in->link->io->bytes_in > bytes;
    return e;
}
