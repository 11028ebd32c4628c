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

/* Segments shorter than this, of which no part was shown, are dropped, and their number is used again. */
enum { PLAN_SEGMENT_MIN_US = 100 * US_PER_MS };

/* How far the time of the wall clock may run away from the stream's time before the stream counts as broken. */
enum { PLAN_WALL_BREAK_US = US_PER_SECOND };

/* How far the stream's time may step back where a publish follows another one; sound may come a little late. */
enum { PLAN_STEP_BACK_US = 200 * US_PER_MS };

struct plan;

/** Called when something has happened to a lane's segment. It may not yield. */
typedef void plan_tell(struct plan *plan, enum segment_event event, struct lane *lane, struct segment *segment);

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
    struct cut_policy policy;
    struct cutter     cutter;
    uint64_t          next_number;
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

/** End the open segment. The next one continues it unless `breaks`. */
void plan_end_segment(struct plan *plan, bool breaks);

/**
 * The wall clock of the stream at a time of now_us(): that of the machine, except for steps of it while the stream went on. The dates
 * of segments are by this clock.
 */
int64_t plan_wall_us(const struct plan *plan, int64_t monotonic_us);

#endif
