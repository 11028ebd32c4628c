/**
 * A cursor into a source. Every receiver has one: a player of any protocol, a recorder, a forwarder.
 *
 *     audience_join(&r, source)                  begin at the GOP cache, headers first
 *     loop:
 *         reader_catch_up(&r)                    jump if it fell behind
 *         while ((f = reader_peek(&r, n))) ...   look at the frames that are due, in order
 *         reader_advance(&r, n)                  move the cursor over them
 *         reader_wait(&r, deadline)              wait for the next batch
 *     audience_leave(&r)
 *
 * A reader that is more than `queue_length` late jumps to the newest key frame, never into the middle of a GOP, and gets the
 * headers of that GOP first. The jump is counted and logged, and does not affect other readers. Without a key frame, the reader
 * continues at the live end.
 *
 * A reader may be in the middle of a GOP: it joined without a GOP cache, or jumped to the live end. It gets sound at once, and
 * the pictures of each track from a key frame on: reader_passes() tells which frames are for it.
 *
 * Ownership  used by one coroutine, which keeps a reference to the source and leaves before it ends
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
 * The interface by which the pacer hands a release to waiting readers, many between two yields, without waking each.
 *
 * add() takes a reader, or refuses; a refused reader is woken and takes what is due. flush() is called after the last add()
 * before a yield. Writes of add() may be under way after it. settle() completes them; it is called before such a reader is used,
 * and before frames of its source are forgotten. forget() is called when the last reader of a source leaves: nothing of the
 * source may be kept. None of them yields, detaches a reader, or wakes a coroutine except by co_unpark().
 */
struct reader_delivery {
    bool (*add)(struct reader *r);
    void (*flush)(void);
    void (*settle)(void);
    void (*forget)(const struct source *s);
};

struct reader {
    struct list                   link; /* entry in source->readers */
    struct source                *source;
    struct co                    *co;
    uint64_t                      seq;          /* number of the next frame of the log */
    uint64_t                      joined;       /* Frames before this number are due without a release. */
    bool                          joining;      /* No frame of the log has been taken yet. */
    struct list                   joining_link; /* entry in source->joining */
    int64_t                       attached_us;
    struct headers                prologue; /* headers that are sent before the log */
    size_t                        n_prologue_sent;
    bool                          under_way; /* The delivery has taken a release and not told yet what was sent. */
    bool                          waiting;   /* The reader is parked until the next batch. */
    const struct reader_delivery *delivery;  /* NULL: the reader is woken for each batch. */
    struct picture_gate           gate;      /* the tracks whose pictures pass */
    int64_t                       n_jumps, n_skipped; /* number of jumps; frames that were lost in them */
    uint64_t                      seen; /* number of the newest moment that reader_take_moments() has told */
};

/**
 * Set the cursor to the newest GOP if that is cached, otherwise to the live end; headers come first. Only audience_join() calls
 * it, and also starts the pacer. Does not yield.
 */
void reader_init(struct reader *r, struct source *s);

/** Remove the cursor. Only audience_leave() calls it. Does not yield. */
void reader_finish(struct reader *r);

/**
 * Move the cursor to the frames of the last `us` microseconds that are still in the log, wherever GOPs begin; 0 means the live
 * end. It is called right after audience_join(). Does not yield.
 */
void reader_start_at(struct reader *r, int64_t us);

/** Wake newcomers that can begin with `f`, which was just appended. The source calls it. Does not yield. */
void reader_wake_joining(struct source *s, const struct frame *f);

/** Jump if the reader has fallen behind. It is called before the first peek of a batch. Does not yield. */
void reader_catch_up(struct reader *r);

/** The frame `ahead` places after the cursor, or NULL if that is not due yet. Borrowed until a yield. */
struct frame *reader_peek(const struct reader *r, size_t ahead);

/** True if the frame `ahead` places on is a header of the prologue. */
bool reader_is_prologue(const struct reader *r, size_t ahead);

/**
 * The earliest time among the frames from `ahead` places on: the first frame of each kind counts. A kind that has no frame there
 * counts with the last time that it has reached. Microseconds.
 */
int64_t reader_first_us(const struct reader *r, size_t ahead);

/**
 * True if a frame that was peeked at is for this reader; other frames are skipped. `gate` is a copy of the reader's own gate, and
 * is moved from each frame to the next.
 */
bool reader_passes(const struct reader *r, struct picture_gate *gate, const struct frame *f);

/** Close the gate after the reader has left pictures out: each track passes again from its next key frame on. */
void reader_close_gate(struct reader *r);

void reader_advance(struct reader *r, size_t n);

/** True if moments of the stream have come that reader_take_moments() has not told yet. Does not yield. */
bool reader_has_moments(const struct reader *r);

/** The set of kinds of moments (moments.h) that have come since the last call, or since the reader joined. Does not yield. */
unsigned reader_take_moments(struct reader *r);

/** Park until a batch is released, the caller is unparked for another reason or cancelled, or the deadline comes. Yields. */
struct err *reader_wait(struct reader *r, int64_t deadline_us) ATTR_MUST_USE;

#endif
