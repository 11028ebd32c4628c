/**
 * The places from which the pictures of a stream can be decoded. They tell which pictures come too early for every reader, and
 * where newcomers begin.
 *
 * In a stream of several tracks, each track has its own key frames. A newcomer begins with the oldest of the newest key frames
 * that is not older than the previous GOP: every track then begins with its own key frame, and no track delays the others.
 *
 * Units      sequence numbers of the log
 * Ownership  holds references to the headers of each start
 * Yields     no
 */
#ifndef APP_SOURCE_GOPS_H
#define APP_SOURCE_GOPS_H

#include <stdbool.h>
#include <stdint.h>

#include "app/source/headers.h"
#include "app/source/picture_gate.h"
#include "core/clock.h"
#include "kernel/frame.h"

/* Most tracks whose key frames are remembered. Further tracks join in with their next key frame. */
enum { GOPS_TRACKS_MAX = 8 };

/*
 * A stream without pictures for this long has only sound, unless its longest step between two pictures, times GOPS_SILENT_STEPS,
 * is longer.
 */
enum { GOPS_SILENT_US = 30 * US_PER_SECOND, GOPS_SILENT_STEPS = 3 };

/* A stream whose encoder has announced the end of the pictures has only sound after this time without pictures. */
enum { GOPS_ENDED_US = 2 * US_PER_SECOND };

/* The newest key frame of a track. */
struct gop_start {
    bool           known;
    uint64_t       seq;
    struct headers headers; /* the headers in force before it */
};

struct gops {
    uint64_t         pictured;                /* tracks that have ever had pictures */
    uint64_t         keyed;                   /* tracks that have had a key frame in this publish */
    uint64_t         keyless;                 /* tracks that are assumed to have no key frames */
    int64_t          early_since_us, n_early; /* pictures before a key frame in this publish: first arrival, number */
    struct gop_start starts[GOPS_TRACKS_MAX];
    uint64_t         last_lead_seq; /* the second newest key frame of the first track */
    int              at;            /* index in `starts` of the place where newcomers begin and slow readers jump to */
    bool    is_cached; /* All frames after that place are in the log. False: newcomers begin at the live end. */
    size_t  bytes;     /* memory of the frames after that place */
    bool    ended;     /* The encoder has announced the end of the pictures. */
    int64_t last_us, last_dts_us,
        longest_us; /* arrival and time of the last picture; longest step between two pictures */
};

/** Forget the publish that has ended. A slow reader may still jump to the last place, but newcomers do not begin there. */
void gops_clear(struct gops *g);

/** Drop all references. Takes one that is all zero. */
void gops_finish(struct gops *g);

/** Note that the track of `f` has another codec from here on: its pictures need a key frame again. */
void gops_codec_changed(struct gops *g, const struct frame *f);

enum gops_verdict {
    GOPS_PASS,
    GOPS_EARLY,   /* a picture before the first key frame of its track, which no reader can decode */
    GOPS_GIVE_UP, /* as GOPS_PASS; there was no key frame for too long, so the track is assumed to have none */
};

/**
 * Tell whether a frame that has just arrived comes too early for every reader. patience_us: longest time for which pictures wait
 * for a key frame.
 */
enum gops_verdict gops_admit(struct gops *g, const struct frame *f, int64_t patience_us);

/** Note a frame that is appended as number `seq`. `headers` are those of the stream at that time. */
void gops_follow(struct gops *g, const struct frame *f, uint64_t seq, const struct headers *headers);

/** Choose the place again after a key frame, not before `tail`. False if there is none; then the place stays. */
bool gops_choose(struct gops *g, uint64_t tail);

/** The place where newcomers begin; its seq is 0 before the first key frame. Borrowed until the next key frame. */
static inline const struct gop_start *gops_place(const struct gops *g)
{
    return &g->starts[g->at];
}

/** True if the pictures have stopped when `f` comes: by the stream's time, and also by the clock unless their end was announced. */
bool gops_are_over(const struct gops *g, const struct frame *f);

#endif
