/**
 * A look into the index of a stream's timeshift: the playlist of a moment or of a range of time, and what a master playlist says of it.
 *
 * Yields     no; hls_timeshift_look() waits for the disk, and is called on a thread
 */
#ifndef APP_HLS_TIMESHIFT_LOOK_H
#define APP_HLS_TIMESHIFT_LOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/err.h"
#include "kernel/hls/bandwidth.h"
#include "kernel/hls/text.h"

/* Most segments of a playlist with a beginning and an end: six hours of two seconds. */
enum { HLS_TIMESHIFT_SEGMENTS_MAX = 10800 };

/** What is looked for. The texts are borrowed; a thread needs its own copies. */
struct hls_timeshift_wanted {
    const char *folder; /* hls_timeshift_folder_name() */
    const char *entry_prefix, *key_url;
    bool        is_vod;         /* a range of time; otherwise the live playlist as it was at `to_us` */
    int64_t     from_us, to_us; /* wall clock */
    int64_t     oldest_us;      /* Segments that ended before have gone, or may go at any time. */
    int64_t     window_us;      /* live: how much is listed */
};

enum hls_timeshift_result {
    HLS_TIMESHIFT_FOUND,
    HLS_TIMESHIFT_NOTHING, /* No segment is kept of this time. */
    HLS_TIMESHIFT_TOO_MANY,
};

/** What was found. */
struct hls_timeshift_view {
    enum hls_timeshift_result result;
    struct hls_text           text;
    char                     *app, *stream, *m3u8, *codecs; /* in one block: see hls_timeshift_view_finish() */
    int64_t                   width, height, fps_thousandths;
    int64_t                   target_s;
    struct hls_bandwidth      bandwidth;
};

/** Look. hls_timeshift_view_finish() also after an error: of the disk, out of memory, E_LIMIT. */
struct err *hls_timeshift_look(struct hls_timeshift_view *v, const struct hls_timeshift_wanted *w) ATTR_MUST_USE;

/** Takes one that is all zero. */
void hls_timeshift_view_finish(struct hls_timeshift_view *v);

#endif
