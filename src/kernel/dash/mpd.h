/**
 * The MPD of DASH, the document from which a player learns of all segments, written from a plain description of them.
 *
 * A live MPD lists each segment (SegmentTimeline), and names it by its number ($Number$) or its time ($Time$). Time is the stream's own: a segment that begins at
 * `time` of its track is played at Period start + (time - presentation_time_offset) / timescale, and is complete at
 * availability_start + the presentation time of its end.
 *
 * Source     ISO/IEC 23009-1: 5.3 (hierarchy), 5.3.9.6 (SegmentTimeline), 5.8.5.7 and 5.8.4.11 (UTCTiming), Annex K (service
 *            descriptions), 8.4 (profile isoff-live). DASH-IF Low-Latency Modes for DASH (2020). DASH-IF ClearKey 1.0
 * Units      times named `_us` are microseconds; `wall_` counts them from 1970 in UTC, without leap seconds
 * Shape      texts and paths may be any bytes: they are escaped for XML, and paths for URLs. NULL and 0 mean "not known", and
 *            leave an attribute out, where nothing else is said
 * Ownership  everything is borrowed for the call
 * Yields     no
 */
#ifndef KERNEL_DASH_MPD_H
#define KERNEL_DASH_MPD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/buf.h"

enum {
    MPD_BYTES_MAX = 8 << 20, /* of the text: 100,000 segments, none of which is as long as the one before it */
    MPD_KEY_ID_LEN = 16,
};

#define MPD_CONTENT_TYPE "application/dash+xml"

/* In ticks of the track. A segment begins where the one before it ended, or later: then there is a gap. */
struct mpd_segment {
    int64_t time, duration;
};

struct mpd_representation {
    const char *id;     /* unique in the Period; letters, digits, '-', '_' */
    const char *codecs; /* RFC 6381 */
    int64_t     bandwidth_bps;
    uint32_t    width, height;                /* video */
    uint32_t    frame_rate, frame_rate_scale; /* video: frames in `frame_rate_scale` seconds; 0/0: not known */
    uint32_t    sample_rate, channels;        /* audio */

    uint32_t    timescale; /* ticks per second */
    int64_t     presentation_time_offset;
    const char *folder;                     /* begins all paths below; NULL: the base is enough */
    const char *init;                       /* path of the initialization segment, relative to the base */
    const char *media_before, *media_after; /* path of a segment: before its number or time, and behind it */
    bool        is_by_time;                 /* The paths have the times of the segments, not their numbers. */
    uint64_t    start_number;               /* number of the first segment below; they have no gap in their numbers */
    const struct mpd_segment *segments;
    size_t                    n_segments;
};

/* Common encryption. ISO/IEC 23001-7 11.2 */
struct mpd_protection {
    const char *scheme; /* "cbcs" */
    uint8_t     key_id[MPD_KEY_ID_LEN];
    const char *clear_key_url; /* where a license of ClearKey is to be had, or NULL */
};

/* Messages in `emsg` boxes of the segments. */
struct mpd_event_scheme {
    const char *uri, *value;
};

struct mpd_adaptation_set {
    unsigned                         id; /* the same for the same content in all Periods */
    bool                             is_video;
    bool                             starts_with_key; /* so does each segment: startWithSAP */
    const char                      *lang;            /* BCP 47 */
    const char                      *label;           /* for people */
    const char                      *role;   /* of urn:mpeg:dash:role:2011: "main", "alternate", "commentary" … */
    const char                      *cea608; /* captions in the pictures: "CC1=eng;CC3=swe" */
    const struct mpd_protection     *protection;
    const struct mpd_event_scheme   *events;
    size_t                           n_events;
    const struct mpd_representation *representations;
    size_t                           n_representations;
    /* Low latency: a segment may be asked for this long before it is complete, and is then sent as it grows. 0: not so. */
    int64_t available_early_us;
    /* Low latency: the encoder's clock, as a pair of wall clock and ticks of the first representation. 0: not known. */
    int64_t produced_wall_us, produced_time;
};

struct mpd_period {
    uint64_t                         id; /* never used for another Period of the stream */
    int64_t                          start_us;
    int64_t                          duration_us; /* 0: up to the next Period, or open */
    const struct mpd_adaptation_set *sets;
    size_t                           n_sets;
};

/* What players of a low-latency stream aim for. Rates are in percent of the normal speed. */
struct mpd_latency {
    int64_t  target_us, min_us, max_us;
    unsigned min_rate_percent, max_rate_percent;
};

/* Where a player learns the time. The value may be a path from the root: players in browsers resolve it, others go on without. */
struct mpd_clock {
    const char *scheme; /* "urn:mpeg:dash:utc:http-iso:2014" … */
    const char *value;
};

struct mpd {
    bool    is_static;         /* The stream is over: all segments are there, and the MPD does not change any more. */
    int64_t wall_available_us; /* availabilityStartTime: the wall clock at presentation time 0; not of a static MPD */
    int64_t wall_published_us; /* when this text became different from the one before it */
    int64_t update_us;         /* minimumUpdatePeriod: a player asks for the MPD this often; not of a static MPD */
    int64_t depth_us;          /* timeShiftBufferDepth: how far back the segments are there; not of a static MPD */
    int64_t delay_us;          /* suggestedPresentationDelay; not of a static MPD */
    int64_t min_buffer_us;
    int64_t max_segment_us; /* at least this is maxSegmentDuration; a longer segment raises it */
    int64_t duration_us;    /* mediaPresentationDuration of a static MPD */

    const char               *title;
    const char               *base; /* path before the paths of the segments; it ends with '/' */
    const struct mpd_latency *latency;
    const struct mpd_period
          *periods; /* at least one; a set without segments is allowed, a representation without is not */
    size_t n_periods;
    const struct mpd_clock *clocks;
    size_t                  n_clocks;
};

/**
 * Append the text of an MPD.
 *
 * Returns    NULL, or why `out` has not all of it: out of memory, or longer than the ceiling of `out`
 */
struct err *mpd_write(const struct mpd *m, struct buf *out) ATTR_MUST_USE;

#endif
