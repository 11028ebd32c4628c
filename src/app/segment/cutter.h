/**
 * Decides where a stream is cut: where a segment ends, and where a part of it ends.
 *
 * Rules      A segment ends before a key frame once it is `fragment_us` x `td_ratio` long; without `wait_keyframe` before any
 *            picture. It ends before any sound once it is `fragment_us` x `aof_ratio` long: this cuts pure audio, for which
 *            there may be another ratio, and GOPs that are too long. It ends before any frame at CUT_SEGMENT_RATIO_MAX times `fragment_us`.
 *            A part ends before the picture (in pure audio: the frame) that would make it longer than `part_us`. The length of
 *            the parts that the stream's frame rate allows is learnt in the first segment, and kept.
 *            By the wall clock (`by_wall`) a segment ends where the next one begins (cutter_begins_cell()) or the stream breaks; what is known of frame
 *            rates is of that segment: all servers that have the stream make the same segments and parts.
 *            A stream breaks where no frame has come for CUT_GAP_US of its time, and much longer than its usual step.
 * Shape      the state is a value; frames are given in the order of the log
 * Yields     no
 */
#ifndef APP_SEGMENT_CUTTER_H
#define APP_SEGMENT_CUTTER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/clock.h"
#include "kernel/frame.h"

enum { CUT_SEGMENT_RATIO_MAX = 3, CUT_GAP_US = 2 * US_PER_SECOND };

/* What rounding to milliseconds may add to the length of a part. */
enum { CUT_PART_SLACK_US = 2 * US_PER_MS };

struct cut_policy {
    int64_t fragment_us;
    double  td_ratio, aof_ratio;
    double  sound_ratio; /* in place of `aof_ratio` in a stream without pictures; 0: the same */
    bool    wait_keyframe;
    int64_t part_us;
    bool    shows_parts; /* Parts are for viewers; otherwise they only limit how much is made at once. */
    bool    leaves_out_sound, leaves_out_pictures;
    bool    keeps_to_wall;  /* Cuts are drawn to whole multiples of `fragment_us` of the wall clock. */
    bool    counts_samples; /* Times of AAC without pictures come from the number of its samples. */
    bool    by_wall;        /* All servers of the stream cut alike: cutter_begins_cell(). */
};

enum cut {
    CUT_NONE,
    CUT_PART,
    CUT_SEGMENT,
    CUT_BREAK, /* The segment ends where its frames end, and time is missing before the next one. */
};

/* What is known of the cells of the wall clock. All zero: nothing, or frames were lost since. */
struct cutter_cells {
    int64_t newest;             /* cell of the last frame that could have begun a segment; 0: none */
    int64_t long_us, wall_0_us; /* length of cells, and the wall clock at the time 0, by which `newest` is counted */
    int64_t key_us;             /* of the newest key frame; before there is one, of the first frame */
    bool    has_key;
    int64_t picture_us; /* time of the newest picture; before there is one, of the first frame */
};

struct cutter {
    bool                is_open, has_video;
    int64_t             segment_us, part_us; /* times at which the open segment and the open part begin */
    int64_t             newest_us, newest_video_us;
    int64_t             step_us, video_step_us; /* usual steps; 0: not known */
    int64_t             part_cap_us;            /* greatest length of a part; 0: not begun */
    int64_t             part_max_us;            /* longest part that was cut for its length */
    unsigned            n_parts;                /* parts that were cut for their length before the cap was learnt */
    bool                cap_is_learnt;
    int64_t             lag_us;        /* cuts are made this much earlier, to keep to the wall clock */
    int64_t             taught_cap_us; /* `part_cap_us` as it was learnt last; 0: not yet */
    int64_t             wall_0_us; /* wall clock at the time 0 of the stream; 0: not known, and nothing is cut by it */
    struct cutter_cells cells;
};

/** What to do before this frame is taken. It is called for frames of sound and picture only. */
enum cut cutter_look(const struct cutter *c, const struct cut_policy *p, const struct frame *f);

/** Move over a frame, after the cut that cutter_look() gave was made. The first frame after a cut begins the segment or part. */
void cutter_take(struct cutter *c, const struct cut_policy *p, const struct frame *f, enum cut cut);

/** True if segments are cut by the wall clock of the stream. */
static inline bool cutter_is_by_wall(const struct cutter *c, const struct cut_policy *p)
{
    return p->by_wall && c->wall_0_us;
}

/** The cell of the wall clock that a frame belongs to: they are `fragment_us` long, and are counted since 1970. */
int64_t cutter_cell(const struct cutter *c, const struct cut_policy *p, const struct frame *f);

/**
 * By the wall clock: true if the frame begins the segment of its cell, whatever this server has seen before. That is the first key
 * frame of the cell. If there is none up to the last quarter of the cell, it is the first picture there that comes more than
 * `fragment_us` after the last key frame, or after which no other picture of the cell is to be expected: where GOPs are no longer
 * than cells, only key frames begin segments. In a stream without pictures, or without one for `fragment_us`, it is the first sound.
 * False also where it cannot be known, for lack of a frame of an earlier cell.
 *
 * Shape      has_pictures: the stream has pictures
 */
bool cutter_begins_cell(const struct cutter *c, const struct cut_policy *p, const struct frame *f, bool has_pictures);

/** Note each frame, after cutter_begins_cell(), also while a segment is waited for. What was noted by another wall clock, or by cells of another
 * length, is forgotten; without the wall clock nothing is noted. */
void cutter_note_cell(struct cutter *c, const struct cut_policy *p, const struct frame *f, bool has_pictures);

/** Frames are missing: which one begins a segment is not known before a cell is seen from its beginning. */
void cutter_lose_cells(struct cutter *c);

/** The greatest length of a part that viewers are told. */
int64_t cutter_part_target_us(const struct cutter *c, const struct cut_policy *p);

/** Where the open segment ends if no frame comes any more: no part that is shown becomes too long by that. */
int64_t cutter_end_us(const struct cutter *c, const struct cut_policy *p);

/** The next frame begins a segment. */
void cutter_close(struct cutter *c);

#endif
