/**
 * The common time of the variants of a stream: the same numbers for segments of the same content.
 *
 * The streams of a group (variants.h) come from one transcoder, but each is published and cut by itself. Their plans share a row of
 * marks: which number began when. The plan that comes first to a cut sets the mark; the others, which see the same key frames, find
 * it and take its number. A plan measures its open segment from the mark, not from its own first frame. So a variant that joins
 * in the middle of a segment, or that lost its connection, ends its first segment together with the others.
 *
 * Rules      Times are compared by the encoder's own clock (frame.shift_us), if those of two variants agree within
 *            TIMELINE_SAME_CLOCK_US of their arrival; otherwise by arrival.
 *            Numbers never go back. A variant whose number was ahead of the group lifts the group; one that is behind makes short
 *            segments, and if its key frames do not allow that, its numbers jump, with a discontinuity.
 *            Media times and the time of the wall clock of a segment are those of the group.
 * Source     RFC 8216 6.2.4: matching content has matching timestamps; the draft of its second edition, 6.2.4: equal target
 *            durations, and matching media sequence numbers with low latency
 * Ownership  a timeline lives while it has members; a member is part of its plan
 * Yields     no
 */
#ifndef APP_SEGMENT_TIMELINE_H
#define APP_SEGMENT_TIMELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/segment/cutter.h"
#include "core/attr.h"
#include "core/clock.h"
#include "core/list.h"
#include "kernel/frame.h"

/* Marks that are remembered. A variant that is further behind is cut by itself. */
enum { TIMELINE_MARKS_MAX = 64 };

/* How far two encoders' clocks may seem apart, by unequal delays on the way, and still be one. */
enum { TIMELINE_SAME_CLOCK_US = 2 * US_PER_SECOND };

/* What rounding may move a key frame; and what unequal delays may, if times are compared by arrival. */
enum { TIMELINE_SLACK_US = 50 * US_PER_MS, TIMELINE_LOOSE_SLACK_US = 500 * US_PER_MS };

struct timeline;

struct timeline_member {
    struct timeline *of;        /* NULL: the stream is no variant */
    struct list      link;      /* entry in the timeline's list */
    bool             is_placed; /* `offset_us` is known */
    bool             is_loose;  /* Times are compared by arrival. */
    int64_t          offset_us; /* group's time minus stream's time */
    int64_t          lead_us;   /* group's time minus encoder's time */
    uint64_t         lifts;     /* lifts of the group that the numbers have followed */
    uint64_t         behind;    /* how far the number of the last segment was behind the group's */
    unsigned         n_behind;  /* segments in a row that have not come nearer */
};

/** When a number began, for the whole group. */
struct timeline_mark {
    uint64_t number;
    int64_t  start_us; /* group's time */
    int64_t  wall_us;
    uint64_t discontinuities;
};

/** Where a segment that begins is in the group. */
struct timeline_place {
    uint64_t              number;
    struct timeline_mark *mark; /* borrowed until the next call */
    bool    is_new;   /* The mark was made for this segment: the caller fills in `wall_us`, `discontinuities`. */
    int64_t ahead_us; /* how much later than its mark the segment begins; negative: earlier */
    int64_t wall_us;  /* what the wall clock shows for the group; 0: the time of its arrival counts */
    int64_t slack_us; /* what key frames of the same content may be apart */
    int64_t lag_us;   /* for the cutter: the segment ends so much earlier than by its own first frame */
    int64_t shift_us; /* to be added to the times of its media */
};

/** Be a member of the timeline of that name, which is made if it is not there. A member of another one leaves that. */
bool timeline_enter(struct timeline_member *m, const char *name) ATTR_MUST_USE;

/** Takes one that is no member. */
void timeline_leave(struct timeline_member *m);

/**
 * Find the place of the segment that `first` begins.
 *
 * Shape      next: the least number that the segment may have; breaks: it does not continue the last one
 */
struct timeline_place timeline_begin(struct timeline_member *m, const struct cut_policy *policy,
                                     const struct frame *first, uint64_t next, bool breaks);

/** True if the segment of that number has ended for the group before this frame. */
bool timeline_has_passed(const struct timeline_member *m, uint64_t number, const struct frame *f);

/** Free the table, which must be empty. */
void timeline_finish(void);

#endif
