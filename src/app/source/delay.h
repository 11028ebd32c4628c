/**
 * The queue of a delayed stream (`delay 30s;`): what a publisher brings waits in it, and goes out that much later. delaying.h puts
 * in and lets out.
 *
 * A frame is due at its arrival plus the delay. Its arrival is that of its own time: small irregularities of the network are
 * smoothed, and frames go out at the pace that the encoder gave them. If an arrival is more than a second away from that pace, the
 * pace begins anew with it.
 *
 * Units      microseconds; own_time: the publisher's time for a frame: milliseconds of 32 bits that wrap, or unwrapped microseconds
 * Ownership  the queue has a reference to each frame
 * Yields     no
 */
#ifndef APP_SOURCE_DELAY_H
#define APP_SOURCE_DELAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/list.h"

struct co;
struct frame;

/* Most bytes that a stream holds back: 30 s of 70 Mbit/s. */
enum { DELAY_BYTES_MAX = 256 << 20 };

/** A frame as its publisher brings it, before it has its time in the stream. */
struct arrival {
    struct frame *frame;
    int64_t       own_time;
    bool          in_ms;    /* `own_time` is in milliseconds that wrap. */
    bool          has_info; /* It is onMetaData, which announces kinds of media: */
    bool          video_told, audio_told, bravo_atc;
    double        wall_ms; /* struct metadata */
};

/* What begins with a frame that goes out. */
enum delay_begins {
    DELAY_GOES_ON,
    DELAY_BEGINS,       /* a publish of a stream that was idle */
    DELAY_BEGINS_AFTER, /* a publish that follows another one, of which the last frames were still held */
};

struct delay {
    int64_t           span_us; /* the delay that is configured for the stream; 0: none */
    struct list       held;    /* list of frames, the oldest first */
    size_t            n, bytes;
    enum delay_begins next; /* what begins with the next arrival */
    bool              is_paced;
    int64_t           own_us;    /* the publisher's time of the newest frame of media, unwrapped */
    int64_t           offset_us; /* its arrival, smoothed, minus that */
    int64_t           at_us;     /* smoothed arrival of the newest frame */
    int64_t           n_early;   /* frames that went out early for lack of room */
    struct co        *co;        /* the coroutine that lets frames out; NULL: it does not run */
};

void delay_init(struct delay *d);

/** Change the delay, also of what is held. */
void delay_set_span(struct delay *d, int64_t span_us);

static inline bool delay_is_holding(const struct delay *d)
{
    return d->n > 0;
}

/** True unless frames pass without a stop. */
static inline bool delay_is_in_use(const struct delay *d)
{
    return d->span_us > 0 || d->n > 0 || d->next != DELAY_GOES_ON;
}

/** A publish begins while the last one goes out (`after`), or on an idle stream. Times of its frames are unrelated to those before. */
void delay_begin(struct delay *d, bool after);

/** The publish has ended without another frame. */
void delay_end(struct delay *d);

/** Put a frame in at the end. False, with nothing changed, if memory is out. */
bool delay_put(struct delay *d, const struct arrival *a, int64_t now_us) ATTR_MUST_USE;

/**
 * Take the oldest frame out, if there is one.
 *
 * Ownership  the caller gets the reference to out->frame
 */
bool delay_get(struct delay *d, struct arrival *out, enum delay_begins *begins);

/** The time at which the oldest frame is due; DEADLINE_NEVER if none is held. */
int64_t delay_due_us(const struct delay *d);

/** The time for which the oldest frame has been held; 0: none is held. */
int64_t delay_held_us(const struct delay *d, int64_t now_us);

/** Wake the coroutine that lets frames out. */
void delay_notice(const struct delay *d);

#endif
