/**
 * The date ranges of a stream's playlist: cues of its publisher (kernel/cue.h) that last for a while, and splices of SCTE-35.
 *
 * A range stays while the playlist has something of its time, also if that is longer than the segments in which it began. A splice
 * that ends is a second range of the same identifier, which tells how long it was; both leave together.
 *
 * Identifiers  the one that the publisher gives. Otherwise a name, or "splice-" and the number of the event, and the time at which it begins.
 *            A cue that repeats a range is left out: one of the same identifier; of the same splice before its end; or one that
 *            says that it began when a range of the same name did.
 * Ownership  belongs to its struct hls; all texts are copied
 * Source     RFC 8216 4.3.2.7; draft-pantos-hls-rfc8216bis 4.4.5.2, 6.2.5.1 (delta updates)
 * Yields     no
 */
#ifndef APP_HLS_DATERANGES_H
#define APP_HLS_DATERANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"

/* Most ranges of a playlist, with those that have left it lately, and most bytes of all. Further cues are left out. */
enum { HLS_DATERANGES_MAX = 128, HLS_DATERANGE_BYTES_MAX = 256 << 10 };

struct cue;
struct hls;
struct hls_daterange;
struct segment;

/** Begin without ranges: h->dateranges. */
void hls_dateranges_init(struct hls *h);

/** Add the range of a cue, which has just got into the open segment. */
void hls_dateranges_take(struct hls *h, const struct cue *cue);

/** Add a range that a former run of the server has told. */
void hls_dateranges_adopt(struct hls *h, const struct hls_daterange *d);

/** What a playlist lists. The arrays are the caller's, with mem_free(); their texts are those of the ranges. */
struct hls_dateranges_listed {
    struct hls_daterange *ranges;
    const char          **removed; /* identifiers of those that have left the playlist since the boundary */
    size_t                n_ranges, n_removed;
};

/** Let the ranges leave that are over before the oldest segment of the playlist. */
void hls_dateranges_trim(struct hls *h, const struct segment *oldest);

/**
 * List the ranges.
 *
 * Shape      boundary: number of the first segment that a delta update does not skip: ranges that a client had before are marked as old
 * Returns    false if memory is out
 */
bool hls_dateranges_list(const struct hls *h, uint64_t boundary, struct hls_dateranges_listed *listed) ATTR_MUST_USE;

void hls_dateranges_drop(struct hls *h);

#endif
