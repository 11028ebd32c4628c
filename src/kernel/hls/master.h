/**
 * The text of a master playlist (a multivariant playlist), written from a plain model.
 *
 *     #EXTM3U
 *     #EXT-X-VERSION:3
 *     #EXT-X-STREAM-INF:BANDWIDTH=2176000,AVERAGE-BANDWIDTH=2001000,CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=1280x720
 *     /live/livestream.m3u8?hls_ctx=767f54e9
 *
 * Source     RFC 8216 4.3.4, 7; draft-pantos-hls-rfc8216bis 4.4.6, 8
 * Ownership  the model borrows everything; nothing is kept
 * Yields     no
 */
#ifndef KERNEL_HLS_MASTER_H
#define KERNEL_HLS_MASTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/hls/playlist.h"
#include "kernel/hls/text.h"

enum hls_rendition_type { HLS_RENDITION_AUDIO, HLS_RENDITION_CLOSED_CAPTIONS };

struct hls_rendition {
    enum hls_rendition_type type;
    const char             *group, *name;
    const char             *language;    /* RFC 5646; NULL: not told */
    const char             *uri;         /* audio: NULL if the variant's own segments have it */
    const char             *instream_id; /* closed captions: "CC1" to "CC4", "SERVICE1" to "SERVICE63" */
    unsigned                channels;    /* audio; 0: not told */
    bool                    is_default, autoselect;
};

struct hls_variant {
    const char *uri;
    int64_t     bandwidth_bps; /* peak of all segments, with every rendition that is played at a time; at least 1 */
    int64_t     average_bps;   /* 0: not told */
    const char *codecs;        /* "avc1.64001f,mp4a.40.2"; NULL or "": not told */
    unsigned    width, height; /* 0: not told, or no video */
    unsigned    fps_thousandths;
    const char *audio;    /* group of renditions; NULL: none */
    const char *captions; /* likewise; "NONE" says that there are none at all */
};

struct hls_master {
    bool                         independent; /* holds for the segments of all variants */
    const struct hls_rendition  *renditions;
    size_t                       n_renditions;
    const struct hls_variant    *variants; /* the one that a player begins with comes first */
    size_t                       n_variants;
    const struct hls_key *const *session_keys; /* keys that a player may fetch early; never those that rotate */
    size_t                       n_session_keys;
};

/** Append the playlist. URIs of variants and renditions are of the kind HLS_URI_PLAYLIST. */
void hls_master_write(struct hls_text *t, const struct hls_master *m);

#endif
