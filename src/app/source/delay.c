#include "app/source/delay.h"

#include "app/source/ring.h"
#include "core/clock.h"
#include "core/mem.h"
#include "kernel/frame.h"
#include "protocol/co.h"

/*
 * How far an arrival may be from the pace. Within that the pace follows the arrivals by 1/PACE_PART of the difference with each
 * frame, because the encoder's clock is a little slow or fast.
 */
enum { PACE_OFF_MAX_US = US_PER_SECOND, PACE_PART = 64 };

struct delayed {
    struct list       link;
    struct arrival    arrival;
    enum delay_begins begins;
    int64_t           at_us; /* arrival, by the pace */
};

void delay_init(struct delay *d)
{
    *d = (struct delay){ 0 };
    list_init(&d->held);
}

void delay_notice(const struct delay *d)
{
    if (d->co)
        co_unpark(d->co);
}

void delay_set_span(struct delay *d, int64_t span_us)
{
    d->span_us = span_us;
    delay_notice(d);
}

void delay_begin(struct delay *d, bool after)
{
    d->next = after ? DELAY_BEGINS_AFTER : DELAY_BEGINS;
    d->is_paced = false;
}

void delay_end(struct delay *d)
{
    d->next = DELAY_GOES_ON;
    delay_notice(d);
}

/* The publisher's time of a frame, unwrapped: the time nearest to that of the last frame. */
static int64_t unwrapped(const struct delay *d, const struct arrival *a)
{
    if (!a->in_ms)
        return a->own_time;
    if (!d->is_paced)
        return a->own_time * US_PER_MS;
    int32_t step_ms = (int32_t)((uint32_t)a->own_time - (uint32_t)(d->own_us / US_PER_MS));
    return d->own_us + (int64_t)step_ms * US_PER_MS;
}

/* Follow the pace with a frame of media; returns its arrival by it. */
static int64_t pace(struct delay *d, const struct arrival *a, int64_t now)
{
    int64_t own_us = unwrapped(d, a), off_us = now - (own_us + d->offset_us);
    bool    is_far = !d->is_paced || off_us > PACE_OFF_MAX_US || off_us < -PACE_OFF_MAX_US;
    int64_t at_us = is_far ? now : now - off_us;
    d->offset_us = is_far ? now - own_us : d->offset_us + off_us / PACE_PART;
    d->own_us = own_us;
    d->is_paced = true;
    return at_us;
}

/* Headers have no time of their own, and go with the frames before them. */
static int64_t arrival_of(struct delay *d, const struct arrival *a, int64_t now)
{
    if (!frame_is_header(a->frame))
        return pace(d, a, now);
    return d->is_paced ? d->at_us : now;
}

static size_t bytes_of(const struct delayed *held)
{
    return sizeof *held + ring_frame_bytes(held->arrival.frame);
}

bool delay_put(struct delay *d, const struct arrival *a, int64_t now)
{
    struct delayed *held = mem_alloc(sizeof *held);
    if (!held)
        return false;
    d->at_us = arrival_of(d, a, now);
    *held = (struct delayed){ .arrival = *a, .begins = d->next, .at_us = d->at_us };
    frame_ref(held->arrival.frame);
    list_push(&d->held, &held->link);
    d->next = DELAY_GOES_ON;
    d->bytes += bytes_of(held);
    if (d->n++ == 0)
        delay_notice(d);
    return true;
}

static struct delayed *oldest(const struct delay *d)
{
    return d->n ? LIST_ENTRY(d->held.next, struct delayed, link) : NULL;
}

bool delay_get(struct delay *d, struct arrival *out, enum delay_begins *begins)
{
    struct delayed *first = oldest(d);
    if (!first)
        return false;
    list_remove(&first->link);
    d->n--;
    d->bytes -= bytes_of(first);
    *out = first->arrival;
    *begins = first->begins;
    mem_free(first);
    return true;
}

int64_t delay_due_us(const struct delay *d)
{
    const struct delayed *first = oldest(d);
    return first ? first->at_us + d->span_us : DEADLINE_NEVER;
}

int64_t delay_held_us(const struct delay *d, int64_t now)
{
    const struct delayed *first = oldest(d);
    return first && now > first->at_us ? now - first->at_us : 0;
}
