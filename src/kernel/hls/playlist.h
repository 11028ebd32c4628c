/**
 * The text of a media playlist, written from a plain model.
 *
 * Lines stand in the order and the form that scripts of SRS users parse: version, media sequence, target duration; then for
 * each segment "#EXTINF:2.000, no desc" and its URI. What SRS does not write follows where it does not disturb them.
 *
 *     #EXTM3U
 *     #EXT-X-VERSION:3
 *     #EXT-X-MEDIA-SEQUENCE:5
 *     #EXT-X-TARGETDURATION:2
 *     #EXTINF:2.000, no desc
 *     livestream-5.ts
 *
 * EXT-X-VERSION is the lowest that allows what the text contains, and at least 3.
 *
 * Source     RFC 8216 4.3, 7; draft-pantos-hls-rfc8216bis 4.4, 6.2.5, 8, Appendix B (low latency)
 * Ownership  the model borrows everything; nothing is kept
 * Yields     no
 */
#ifndef KERNEL_HLS_PLAYLIST_H
#define KERNEL_HLS_PLAYLIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/hls/key.h"
#include "kernel/hls/text.h"

struct hls_range {
    int64_t offset, len; /* bytes; len 0: the whole resource */
};

struct hls_map {
    const char      *uri;
    struct hls_range range;
};

struct hls_part {
    const char      *uri;
    int64_t          duration_us;
    struct hls_range range;
    bool             independent, gap;
};

struct hls_segment {
    const char            *uri;
    int64_t                duration_us;
    int64_t                wall_us; /* wall time of its first frame, EXT-X-PROGRAM-DATE-TIME; 0: not written */
    struct hls_range       range;
    bool                   discontinuity, gap;
    const struct hls_key  *key; /* NULL: not encrypted; equal contents are the same key */
    const struct hls_map  *map; /* NULL: none; equal contents are the same section */
    const struct hls_part *parts;
    size_t                 n_parts;
    int64_t                bitrate_bps; /* EXT-X-BITRATE; 0: not written */
};

/** The name of a segment that is missing. It has the ending of the others: FFmpeg takes no playlist with a name of another one. */
static inline const char *hls_gap_uri(bool is_fmp4)
{
    return is_fmp4 ? "gap.m4s" : "gap.ts";
}

struct hls_attribute {
    const char *name; /* "X-COM-EXAMPLE-TEXT"; an attribute with another kind of name is left out */
    const char *text; /* written as a quoted string */
};

struct hls_daterange {
    const char                 *id, *class_name; /* class_name may be NULL */
    int64_t                     start_wall_us;
    int64_t                     duration_us, planned_duration_us; /* negative: not written */
    const uint8_t              *scte35_cmd, *scte35_out, *scte35_in;
    size_t                      scte35_cmd_len, scte35_out_len, scte35_in_len; /* 0: not written */
    const struct hls_attribute *attributes;
    size_t                      n_attributes;
    bool                        old; /* left out of a delta update with skip_dateranges */
};

struct hls_report {
    const char *uri; /* of the other media playlist, as seen from this one */
    int64_t     last_msn;
    int         last_part; /* negative: not written */
};

struct hls_hint {
    const char *uri;         /* NULL: no hint */
    int64_t     offset, len; /* bytes; len 0: to the end, which is not known yet */
};

enum hls_playlist_type { HLS_PLAYLIST_LIVE, HLS_PLAYLIST_EVENT, HLS_PLAYLIST_VOD };

struct hls_playlist {
    int64_t                target_duration_s;                      /* see hls_playlist_target_s() */
    int64_t                media_sequence, discontinuity_sequence; /* a discontinuity sequence of 0 is not written */
    enum hls_playlist_type type;
    bool                   independent, end;

    /* EXT-X-SERVER-CONTROL and EXT-X-PART-INF; 0: not written */
    bool    can_block_reload, can_skip_dateranges;
    int64_t part_target_us, part_hold_back_us, hold_back_us, can_skip_until_us;

    const struct hls_segment *segments; /* oldest first; parts are listed only near the end, as 4.4.4.9 wants it */
    size_t                    n_segments;
    const struct hls_segment *open; /* the segment that grows: only its parts and their tags are listed; may be NULL */

    struct hls_hint             hint, hint_map;
    const struct hls_report    *reports;
    size_t                      n_reports;
    const struct hls_daterange *dateranges;
    size_t                      n_dateranges;

    /* A delta update leaves out the first `skip` segments; see hls_playlist_skippable(). */
    size_t             skip;
    bool               skip_dateranges;
    const char *const *removed_dateranges; /* identifiers of those that left the playlist recently */
    size_t             n_removed_dateranges;
};

/** Append the playlist. */
void hls_playlist_write(struct hls_text *t, const struct hls_playlist *p);

/** The least version that allows the playlist. */
int hls_playlist_version(const struct hls_playlist *p);

/** How many segments, counted from the oldest, lie before the skip boundary; 0 if can_skip_until_us is 0. */
size_t hls_playlist_skippable(const struct hls_playlist *p);

/**
 * The target duration: the longest segment, rounded to the nearest second as RFC 8216 4.3.3.1 compares them, or `at_least_us`
 * rounded up, whichever is longer; at least 1. SRS rounds segments up, so that a GOP of 2.002 s makes a target of 3, and players
 * wait longer than they have to. A target may not change (6.2.1): the caller passes the one before as `at_least_us`.
 */
int64_t hls_playlist_target_s(const struct hls_segment *segments, size_t n, int64_t at_least_us);

#endif
