/**
 * A plan: one way to cut a stream, and the lanes that are cut so. It numbers the segments, and gives them the time of the wall clock.
 *
 * Ownership  a plan belongs to its show
 * Yields     no
 */
#ifndef APP_SEGMENT_PLAN_H
#define APP_SEGMENT_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/segment/cutter.h"
#include "app/segment/event.h"
#include "app/segment/lane.h"
#include "app/segment/timeline.h"
#include "core/attr.h"
#include "core/list.h"

/* A stream in two containers, each as a whole and track by track; and one more view. */
enum { PLAN_LANES_MAX = 24 };

/* Most cues of a segment, and most bytes of their tags; most cues between two frames. Further ones are left out. */
enum { PLAN_SEGMENT_CUES_MAX = 256, PLAN_SEGMENT_CUE_BYTES_MAX = 256 << 10, PLAN_CUES_MAX = 32 };

/* Segments shorter than this, of which no part was shown, are dropped, and their number is used again. */
enum { PLAN_SEGMENT_MIN_US = 100 * US_PER_MS };

/* How far the time of the wall clock may run away from the stream's time before the stream counts as broken. */
enum { PLAN_WALL_BREAK_US = US_PER_SECOND };

/* How far the stream's time may step back where a publish follows another one; sound may come a little late. */
enum { PLAN_STEP_BACK_US = 200 * US_PER_MS };

struct plan;

/** Called when something has happened to a lane's segment. It may not yield. */
typedef void plan_tell(struct plan *plan, enum segment_event event, struct lane *lane, struct segment *segment);

/** Called when a cue has got into the open segments. It may not yield. */
typedef void plan_tell_cue(struct plan *plan, struct cue *cue);

/* What a decoder of the open segment knows of the first track of a kind. */
enum { PLAN_SOUND, PLAN_PICTURES, PLAN_TRACKS };
struct plan_track {
    uint8_t       codec;  /* enum codec; CODEC_NONE: no such track */
    struct frame *config; /* NULL: none, or the codec has none */
};

struct plan {
    struct list       link;  /* entry in show->plans */
    void             *owner; /* the show */
    const char       *label; /* the stream, for the log; borrowed */
    plan_tell        *tell;
    plan_tell_cue    *tell_cue; /* NULL: nobody listens */
    struct cut_policy policy;
    struct cutter     cutter;
    uint64_t          next_number;
    bool              is_past_cells;   /* By the wall clock: numbers are higher than those of other servers. */
    uint64_t          discontinuities; /* breaks up to now */
    int64_t           wall_offset_us;  /* wall clock of the stream minus monotonic clock; 0: not known */
    bool              breaks;          /* The next segment does not continue the last one. */
    bool              is_paused;   /* The stream has ended, or broken: no frame followed the last segment at once. */
    bool              has_begun;   /* A segment has been made. */
    int64_t           wall_end_us; /* wall clock at the end of the last segment */
    int64_t           end_us;      /* stream's time there */
    uint64_t          wall_count;  /* fragment of the wall clock that the newest segment is for */
    int64_t           longest_us;  /* longest segment up to now */
    int64_t           shift_us;    /* to be added to the times of media: variants have the same times */
    struct plan_track tracks[PLAN_TRACKS];

    struct cue *cues[PLAN_CUES_MAX]; /* They wait for the next frame: it may begin the segment that they belong to. */
    size_t      n_cues;
    size_t      n_segment_cues, segment_cue_bytes; /* of the open segment, with those that wait */
    uint64_t    n_lost_cues;

    struct timeline_member timeline;
    struct lane           *lanes[PLAN_LANES_MAX];
    size_t                 n_lanes;
};

/** A plan without lanes; NULL without memory. */
struct plan *plan_create(void *owner, const char *label, plan_tell *tell,
                         const struct cut_policy *policy) ATTR_MUST_USE;

/** Takes NULL; *plan becomes NULL. */
void plan_destroy(struct plan **plan);

/** The lane of that kind and track, which is not idle from now on, made if it is not there; NULL without memory, or when there are too many. A lane
 * that begins late knows the configurations of its tracks. */
struct lane *plan_lane(struct plan *plan, const struct lane_kind *kind, unsigned track) ATTR_MUST_USE;

/** Take the next frame of the stream. */
void plan_take(struct plan *plan, struct frame *f);

/** Take a cue of the stream, in the order of its frames. One that is beyond a bound is lost. */
void plan_take_cue(struct plan *plan, struct cue *cue);

/** Count a cue that is left out. The first one is logged. */
void plan_lose_cue(struct plan *plan);

/** Drop the cues that still wait for a frame: the publish has ended. */
void plan_drop_cues(struct plan *plan);

/** End the open segment. The next one continues it unless `breaks`. */
void plan_end_segment(struct plan *plan, bool breaks);

/**
 * The wall clock of the stream at a time of now_us(): that of the machine, except for steps of it while the stream went on. The dates
 * of segments are by this clock.
 */
int64_t plan_wall_us(const struct plan *plan, int64_t monotonic_us);

#endif
