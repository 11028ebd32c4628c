/**
 * A segment: a piece of a stream in one container, made of parts. It grows while it is open, and does not change afterwards.
 *
 * Life       made by segment_new() with one reference; parts are added while it is open; segment_ref()/segment_unref() count
 * Ownership  a part's bytes are counted by themselves, so that a reply can send them after the segment is gone
 * Units      microseconds: `start_us` of the stream's own time, `wall_us` of the wall clock
 * Yields     no
 */
#ifndef APP_SEGMENT_SEGMENT_H
#define APP_SEGMENT_SEGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "core/attr.h"
#include "core/blob.h"
#include "core/list.h"

/* Most parts of a segment; its bytes are bounded by SEGMENT_BYTES_MAX. */
enum { SEGMENT_PARTS_MAX = 4096, SEGMENT_BYTES_MAX = 128 << 20 };

/* A larger segment is not gathered: that would take too much of one turn. */
enum { SEGMENT_GATHER_BYTES_MAX = 16 << 20 };

struct blob_row;

struct segment_part {
    struct blob *bytes;
    int64_t      start_us, duration_us;
    bool         independent; /* begins with a key frame, or has no pictures */
};

struct segment {
    int                  refs, n_replies; /* n_replies: replies that are sending the bytes */
    struct list          link;            /* entry in lane->segments, or linked to itself */
    uint64_t             number;
    uint64_t             wall_count;       /* number of the fragment of the wall clock since 1970; it rises */
    uint64_t             discontinuities;  /* breaks of the stream before this segment, its own included */
    bool                 is_discontinuous; /* It does not continue the segment before it. */
    bool                 is_complete, is_sealed, independent; /* `is_sealed`: its bytes are encrypted */
    int64_t              start_us, duration_us; /* the duration counts parts only, until the segment is complete */
    int64_t              wall_us;  /* wall clock at `start_us`; it never goes back from segment to segment */
    int64_t              shift_us; /* what was added to the times of its media; not in `start_us` */
    int64_t              media_time, media_duration; /* ticks of the lane's only track (lane_video, lane_audio) */
    struct blob         *init;                       /* initialisation segment; NULL: the container needs none */
    uint64_t             init_number; /* another number for each other initialisation segment of the lane */
    struct segment_part *parts;
    size_t               n_parts, cap_parts;
    size_t               bytes;
    struct blob         *whole; /* all bytes, once it is complete and was gathered; otherwise NULL */
};

/** An open segment without parts; NULL if memory is out. */
struct segment *segment_new(uint64_t number, int64_t start_us) ATTR_MUST_USE;

/** Add a part, whose reference is taken over; false, with the reference dropped, without memory or beyond a bound. */
bool segment_add_part(struct segment *s, struct blob *bytes, int64_t start_us, int64_t duration_us,
                      bool independent) ATTR_MUST_USE;

/** The same; the bytes become a part of the last part, if they lie right behind its own. */
bool segment_extend(struct segment *s, struct blob *bytes, int64_t start_us, int64_t duration_us,
                    bool independent) ATTR_MUST_USE;

/** The bytes of `n` parts from `first` on, as pieces; they live as long as the segment keeps its parts. */
void segment_pieces(const struct segment *s, size_t first, size_t n, struct iovec *pieces);

/**
 * Gather the bytes of a complete segment in one place, the next of the row, from where they can be sent at once; without memory, and
 * in a large segment, they stay in pieces.
 *
 * Shape      keeps_parts: parts stay apart, as pieces of the whole; otherwise one part is left
 */
void segment_gather(struct segment *s, struct blob_row *row, bool keeps_parts);

/**
 * Forget the bytes of a complete segment, which are in a file; `bytes` still tells how many they were. Nothing happens while a reply sends them.
 */
void segment_forget_bytes(struct segment *s);

static inline struct segment *segment_ref(struct segment *s)
{
    s->refs++;
    return s;
}

/** Drop the reference; *s becomes NULL, and may be NULL before. */
void segment_unref(struct segment **s);

#endif
