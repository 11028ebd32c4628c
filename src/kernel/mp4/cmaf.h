/**
 * Segments of fragmented MP4 for HLS and DASH: an init segment, then parts of several samples each (CMAF chunks).
 *
 * A muxer has one or two tracks: video is track 1, audio is track 2. HLS takes both in one muxer or each in its own; DASH, and
 * renditions of HLS, take one. The samples of the open part are collected; then the part is written at once, a moof and an mdat.
 * A media segment is one part or several, one after the other.
 *
 *     cmaf_init(&c, video, key, audio);
 *     cmaf_write_header(&c, &w);                        the init segment, cmaf_header_len() bytes
 *     for each frame f that cmaf_look(&c, f) == MP4_FRAME_CARRIED:
 *         if a part ends before f, and there is one:
 *             cmaf_write_part(&c, &w, f, dts_us, &part);    cmaf_part_len() bytes; the next frame tells how long the last one is
 *         cmaf_add(&c, f, dts_us);
 *     cmaf_finish(&c);
 *
 * Times      The caller has one time line for all muxers of a stream, in microseconds, from which no time is below 0; then all
 *            tracks, parts and formats agree. The video track counts 90 kHz, the audio track samples.
 *            The time of presentation of a picture is exact. The time at which it is decoded may be earlier (decode_ahead.h);
 *            the beginning of the time line should leave room for that: DECODE_AHEAD_MAX_90K is always enough.
 *            Sound goes on by the number of samples, so that it has neither gaps nor overlaps (cmaf_clock.h).
 *            No edit list; a composition offset is never negative.
 * Encryption cmaf_protect(): the scheme cbcs (cbcs.h).
 * Source     ISO/IEC 14496-12 8.8 (fragments), 8.16.2 (styp); ISO/IEC 23000-19 7.3 (chunks, fragments, segments), 7.5 (tracks);
 *            RFC 8216 3.3
 * Ownership  borrows the configuration frames it was made from; holds a reference to each frame of the open part
 * Yields     no
 */
#ifndef KERNEL_MP4_CMAF_H
#define KERNEL_MP4_CMAF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/wr.h"
#include "kernel/decode_ahead.h"
#include "kernel/frame.h"
#include "kernel/mp4/box.h"
#include "kernel/mp4/cmaf_clock.h"
#include "kernel/mp4/mux.h"
#include "kernel/mp4/sample.h"
#include "kernel/mp4/sample_entry.h"

enum {
    CMAF_SAMPLES_MAX = 1 << 14,                      /* samples of a track in a part */
    CMAF_STYP_LEN = MP4_BOX_HEADER_LEN + 4 + 4 + 12, /* bytes that cmaf_write_styp() writes */
};

struct cmaf_sample {
    struct frame *frame;      /* a reference */
    int64_t       dts;        /* ticks of the track */
    uint32_t      len;        /* bytes of its payload */
    uint32_t      shown;      /* ticks between decoding and presentation */
    uint8_t       subsamples; /* if pictures are encrypted: number of subsamples */
};

struct cmaf_track {
    struct mp4_sample_entry entry; /* width, height, sample_rate, channels; without config there is no such track */
    struct cmaf_clock       clock; /* its timescale, and the time of its last sample */

    struct cmaf_sample *samples; /* those of the open part */
    size_t              n, cap;
    size_t              bytes;    /* length of all their payloads */
    size_t              info_len; /* length of all their encryption information */
};

struct cmaf {
    struct cmaf_track   tracks[MP4_TRACKS];
    struct decode_ahead ahead;
    uint32_t            sequence; /* sequence number of the last part; the first is 1 */
};

/* The time that a track takes in a part. All zero if it has no sample there. */
struct cmaf_span {
    size_t  n;        /* number of samples */
    int64_t dts;      /* ticks: time of the first sample */
    int64_t pts;      /* ticks: earliest time of presentation */
    int64_t duration; /* ticks; the next part begins at dts + duration, unless the stream has a gap there */
};

struct cmaf_part {
    struct cmaf_span spans[MP4_TRACKS];
};

/**
 * Begin a muxer. After a break of the time line, a new configuration or a new track, finish it and begin another one.
 *
 * Shape      video, key, audio: as for mp4_mux_init()
 * Returns    as mp4_mux_init(). After a failure cmaf_finish() may be called, and nothing else
 */
enum mp4_result cmaf_init(struct cmaf *c, const struct frame *video, const struct frame *key,
                          const struct frame *audio) ATTR_MUST_USE;

/** Drop the samples of the open part, and free the memory. */
void cmaf_finish(struct cmaf *c);

/** Expect a picture that is presented this long before its own time (decode_ahead_expect()). Called before the first sample. */
void cmaf_expect_early(struct cmaf *c, int64_t early_us);

/**
 * Encrypt the parts from now on, or with NULL no longer. The header tells it: it must be written, again, after this. Called while
 * the open part has no sample.
 *
 * Ownership  *cbcs must live until the muxer is finished, or gets another one
 * Returns    false, with nothing changed, if a codec cannot be encrypted: AV1, VP9
 */
bool cmaf_protect(struct cmaf *c, const struct cbcs *cbcs) ATTR_MUST_USE;

/** The number of bytes that cmaf_write_header() writes. */
size_t cmaf_header_len(const struct cmaf *c);

/** Write the init segment: ftyp and moov. */
void cmaf_write_header(const struct cmaf *c, struct wr *w);

/** Write the codecs of all tracks, as mp4_moov_codecs() does. Returns `buf`. */
const char *cmaf_codecs(const struct cmaf *c, char *buf, size_t cap);

/** Tell what a frame means to the muxer; a muxer of one kind skips the frames of the other kind by MP4_FRAME_NEW_TRACK. */
enum mp4_frame cmaf_look(const struct cmaf *c, const struct frame *f);

enum cmaf_added {
    CMAF_ADDED,
    CMAF_FULL,      /* The part is too long or too large for one more sample: write it first. */
    CMAF_NO_MEMORY, /* The muxer is unchanged. */
};

/**
 * Add a carried frame to the open part. A reference to the frame is taken.
 *
 * Units      dts_us: its decoding time on the caller's time line, 0 to 2^53; its time of presentation is later by pts_us - dts_us
 * Rules      Times of a track rise: a sample whose time is not after that of the last one comes one tick after it; a picture
 *            keeps its time of presentation if that is possible.
 */
enum cmaf_added cmaf_add(struct cmaf *c, struct frame *f, int64_t dts_us) ATTR_MUST_USE;

/** The index of the track of a frame. */
static inline unsigned cmaf_track_of(const struct frame *f)
{
    return f->kind == FRAME_VIDEO ? MP4_TRACK_VIDEO : MP4_TRACK_AUDIO;
}

/** The length of the payloads of the open part. */
static inline size_t cmaf_payload_bytes(const struct cmaf *c)
{
    return c->tracks[MP4_TRACK_VIDEO].bytes + c->tracks[MP4_TRACK_AUDIO].bytes;
}

/** Drop the samples that a track has in the open part. */
void cmaf_drop_samples(struct cmaf_track *t);

/** The time of the frame that comes next. `ahead` is the muxer's own state, or a copy of it; it is moved over a picture. */
struct cmaf_moment cmaf_moment_of(const struct cmaf *c, struct decode_ahead *ahead, const struct frame *f,
                                  int64_t dts_us);

/** True if the open part has no sample. */
static inline bool cmaf_is_empty(const struct cmaf *c)
{
    return c->tracks[MP4_TRACK_VIDEO].n + c->tracks[MP4_TRACK_AUDIO].n == 0;
}

/** The number of bytes that cmaf_write_part() writes; 0 if the open part has no sample. */
size_t cmaf_part_len(const struct cmaf *c);

/**
 * Write the open part, and begin the next one.
 *
 * Shape      next: the frame that will be added next, which tells how long the last sample of its track is; NULL if it is not
 *            known: then a picture lasts about as long as the last step, and the next picture is decoded at its end if that is at
 *            most CMAF_PIN_US from its own time. dts_us: its time
 *            part: times of what was written; may be NULL
 * Returns    false, with nothing written and `full` set, if there is no room
 */
bool cmaf_write_part(struct cmaf *c, struct wr *w, const struct frame *next, int64_t dts_us, struct cmaf_part *part);

/** Write the box that may begin a media segment, styp: CMAF_STYP_LEN bytes. DASH wants it, HLS does not need it. */
void cmaf_write_styp(struct wr *w);

#endif
