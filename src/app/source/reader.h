/**
 * A cursor into a source. Everything downstream is one: a player of any protocol, a recorder, a forwarder.
 *
 *     audience_join(&r, source)                  at the GOP cache, headers first
 *     loop:
 *         reader_catch_up(&r)                    jump if it fell behind
 *         while ((f = reader_peek(&r, n))) ...   what is due, in order
 *         reader_advance(&r, n)                  what was used up
 *         reader_wait(&r, deadline)              for the next batch
 *     audience_leave(&r)
 *
 * A reader that falls behind `queue_length` jumps to the newest key frame: never into the middle of a GOP,
 * with the headers of that GOP first; the jump is counted and logged. It harms nobody else. Where there is no key frame it goes
 * on at the live end.
 *
 * A reader may find itself in the middle of a GOP: it joined without a GOP cache, or jumped to the live end. Sound goes to it at
 * once, and the pictures of each track from a key frame on: reader_passes() tells which frames are for it.
 *
 * Ownership  attached by one coroutine, which keeps a reference to the source and detaches before it ends
 */
#ifndef APP_SOURCE_READER_H
#define APP_SOURCE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/source/headers.h"
#include "app/source/picture_gate.h"
#include "core/err.h"
#include "core/list.h"
#include "protocol/co.h"

struct source;

struct reader;

/**
 * How a release is handed to readers that wait, without waking each: by the pacer, to many of them between two yields.
 * add() takes one, or refuses: then the reader is woken and takes what is due. flush() comes after the last one before a
 * yield: what add() took may still be under way then, and settle() ends that; it comes
 * before such a reader is used, and before frames of its source are forgotten. forget() comes when the last reader of a source leaves: nothing of the source may
 * be kept. None of them yields, detaches a reader, or wakes anybody except by co_unpark().
 */
struct reader_delivery {
    bool (*add)(struct reader *r);
    void (*flush)(void);
    void (*settle)(void);
    void (*forget)(const struct source *s);
};

struct reader {
    struct list    link; /* in source->readers */
    struct source *source;
    struct co     *co;
    uint64_t       seq;          /* number of the next frame of the log */
    uint64_t       joined;       /* frames before this one were there when it joined, and wait for no release */
    bool           joining;      /* nothing of the log has been taken yet */
    struct list    joining_link; /* in source->joining */
    int64_t        attached_us;
    struct headers prologue; /* headers that are sent before the log */
    size_t         n_prologue_sent;
    bool           under_way;               /* its delivery has taken a release, and not told it yet what was sent */
    bool           waiting;                 /* parked until the next batch */
    const struct reader_delivery *delivery; /* NULL: the reader is woken for each batch */
    struct picture_gate           gate;     /* the tracks whose pictures pass */
    int64_t                       n_jumps, n_skipped; /* how often it fell behind, and the frames that it lost */
    uint64_t                      seen;               /* number of the stream's newest moment that it has looked at */
};

/**
 * Set the cursor to the newest GOP if that is cached, else to the live end, with its headers first. For audience_join(), which
 * also sees to it that releases come. Does not yield.
 */
void reader_init(struct reader *r, struct source *s);

/** Take the cursor away, for audience_leave(). Does not yield. */
void reader_finish(struct reader *r);

/**
 * Right after audience_join(): begin with what has come in the last `us` of time, as far as it is still there, whatever
 * its GOPs; with 0 at the live end. Does not yield.
 */
void reader_start_at(struct reader *r, int64_t us);

/** For the source: `f` was appended, and newcomers that wait for something to begin with may have it. Does not yield. */
void reader_wake_joining(struct source *s, const struct frame *f);

/** Jump if it has fallen behind; call before the first peek of a batch. Does not yield. */
void reader_catch_up(struct reader *r);

/** The frame `ahead` places after the cursor, or NULL when that is not due yet. Borrowed until a yield. */
struct frame *reader_peek(const struct reader *r, size_t ahead);

/** True while the frame `ahead` places on is a header from before the reader joined or jumped. */
bool reader_is_prologue(const struct reader *r, size_t ahead);

/**
 * The earliest time among what comes from `ahead` places on: of the first frame of each kind, or what a kind that is not
 * there yet has reached before. Microseconds.
 */
int64_t reader_first_us(const struct reader *r, size_t ahead);

/**
 * Whether a frame that was peeked at is for this reader; others are advanced over. `gate` is a copy of the reader's own, passed
 * from each frame to the next.
 */
bool reader_passes(const struct reader *r, struct picture_gate *gate, const struct frame *f);

/** Pictures are for this reader again from their next key frames on: it has left some out. */
void reader_close_gate(struct reader *r);

void reader_advance(struct reader *r, size_t n);

/** True when moments of the stream have come that reader_take_moments() has not told yet. Does not yield. */
bool reader_has_moments(const struct reader *r);

/** Which kinds of moments (moments.h) have come since the last call, or since the reader joined: a set. Does not yield. */
unsigned reader_take_moments(struct reader *r);

/** Park until a batch is released, somebody else unparks the caller, the deadline, or a cancel. Yields. */
struct err *reader_wait(struct reader *r, int64_t deadline_us) ATTR_MUST_USE;

#endif
