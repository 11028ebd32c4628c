/**
 * Where the pictures of a stream can be decoded from: which ones come too early for every reader, and where newcomers begin.
 *
 * A stream of several tracks has a key frame of each. A newcomer begins with the oldest of them that is not older than the
 * GOP before: every track then comes from its own key frame, and no track makes the others old.
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

/* Tracks whose key frames a newcomer may begin with. Further tracks join in with their next key frame. */
enum { GOPS_TRACKS_MAX = 8 };

/* A stream without pictures for this long is sound alone, unless it has paused a third as long between two before. */
enum { GOPS_SILENT_US = 30 * US_PER_SECOND, GOPS_SILENT_STEPS = 3 };

/* The same when the encoder has said that there will be no more pictures. */
enum { GOPS_ENDED_US = 2 * US_PER_SECOND };

/* The newest key frame of a track. */
struct gop_start {
    bool           known;
    uint64_t       seq;
    struct headers headers; /* the headers in force before it */
};

struct gops {
    uint64_t         pictured;                /* tracks that ever had pictures */
    uint64_t         keyed;                   /* tracks that have shown a key frame in this publish */
    uint64_t         keyless;                 /* tracks that are taken for tracks without key frames */
    int64_t          early_since_us, n_early; /* pictures before a key frame, in this publish */
    struct gop_start starts[GOPS_TRACKS_MAX];
    uint64_t         last_lead_seq; /* the key frame of the first track before the newest one */
    int              at;            /* index in `starts` of the place where newcomers begin and slow readers jump to */
    bool    is_cached; /* all frames from there on are in the log, and newcomers begin there; else at the live end */
    size_t  bytes;     /* memory of the frames from there on */
    bool    ended;     /* the encoder announced the end of the pictures */
    int64_t last_us, last_dts_us,
        longest_us; /* arrival and time of the last picture, and the longest step between two */
};

/** The publish has ended. A slow reader may still jump to the last place, but nobody begins there. */
void gops_clear(struct gops *g);

/** Let go of everything. Takes one that is all zero. */
void gops_finish(struct gops *g);

/** The track has another codec from here on: its pictures need a key frame again. */
void gops_codec_changed(struct gops *g, const struct frame *f);

enum gops_verdict {
    GOPS_PASS,
    GOPS_EARLY,   /* a picture before the first key frame of its track, which no reader can decode */
    GOPS_GIVE_UP, /* as GOPS_PASS: there was no key frame for too long, so the track is taken for one that has none */
};

/** What becomes of a frame that has just arrived. patience_us: how long pictures wait for a key frame that never comes. */
enum gops_verdict gops_admit(struct gops *g, const struct frame *f, int64_t patience_us);

/** Follow a frame that is appended as number `seq`. Its headers are those of the stream at that time. */
void gops_follow(struct gops *g, const struct frame *f, uint64_t seq, const struct headers *headers);

/** Choose the place anew, behind a key frame: not before `tail`. False when there is none, and the place stays. */
bool gops_choose(struct gops *g, uint64_t tail);

/** The place; its seq is 0 before the first key frame. Borrowed until the next key frame. */
static inline const struct gop_start *gops_place(const struct gops *g)
{
    return &g->starts[g->at];
}

/** Whether the pictures have stopped, by the stream's own time and, unless their end was told, by the clock, when `f` comes. */
bool gops_are_over(const struct gops *g, const struct frame *f);

#endif
