/**
 * Fragmented MP4 for live players: a header (ftyp, moov), then each frame as one fragment (moof, mdat).
 *
 * The muxer is a small value that can be copied: the bytes of a fragment depend only on the value and on the frame. After a
 * partial write, mux the frame again from a copy of the value taken before it, and skip the bytes that were sent.
 *
 *     mp4_mux_init(&m, video, key, audio);
 *     mp4_mux_write_header(&m, &w);
 *     for each frame f that mp4_mux_look(&m, f) == MP4_FRAME_CARRIED:
 *         mp4_mux_write_head(&m, &w, f, dts_90k);      MP4_MUX_HEAD_LEN bytes, the same layout always
 *         send them, then mp4_sample_payload(f), unchanged, with mp4_mux_sets() inside if there are any
 *
 * Players of one stream that keep up differ by constants: fragments that were muxed once (head and payload together) are
 * restamped for each of them, and the value of each player follows that of the muxer by the same constants.
 *
 * A changed configuration of AVC or HEVC goes into the key frames from then on, if that was expected when the header was written
 * (mp4_mux_expect_changes()). Any other needs another moov, and only a browser's MediaSource understands a moov inside a file: ffmpeg, and
 * Chromium's <video src>, which uses ffmpeg, skip it as a duplicate and fail to decode the fragments after it. So a server of
 * files over HTTP ends the response at MP4_FRAME_CHANGES; a server of MediaSource may write a new header and continue the
 * sequence.
 *
 * No picture is displayed before it is decoded, because players then display all pictures later than the sound: ffmpeg
 * shifts only one track. Pictures are decoded earlier by the needed amount (decode_ahead.h). If that is expected from the
 * beginning, all times begin later by it.
 *
 * Units      90 kHz for both tracks. Each time is rounded by itself (times.h), so that nothing drifts; whole milliseconds are exact.
 * Source     ISO/IEC 14496-12 8.2 (moov), 8.8 (fragments); brands iso5, iso6, mp41. There is no edit list: times are the
 *            stream's own, except for the constant at the beginning.
 * Ownership  the value borrows the frames it was made from; nothing is allocated
 * Yields     no
 */
#ifndef KERNEL_MP4_MUX_H
#define KERNEL_MP4_MUX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/wr.h"
#include "kernel/decode_ahead.h"
#include "kernel/frame.h"
#include "kernel/mp4/sample.h"
#include "kernel/mp4/sample_entry.h"

enum { MP4_MUX_HEAD_LEN = 112 }; /* bytes of a fragment before its payload: moof, and mdat's size and type */

enum { MP4_TRACK_VIDEO, MP4_TRACK_AUDIO, MP4_TRACKS };

struct mp4_mux_track {
    struct mp4_sample_entry entry;
    int64_t                 last_dts_90k; /* -1 before the first fragment */
    uint32_t                duration_90k; /* duration of the last fragment */
};

struct mp4_mux {
    struct mp4_mux_track tracks[MP4_TRACKS];
    uint32_t             sequence;     /* sequence number of the last fragment; the first is 1 */
    int64_t              duration_90k; /* duration in the header; 0, as after mp4_mux_init(): that of the fragments */
    int64_t              start_90k;    /* time that is written for the player's time 0 */
    bool                 may_change;   /* The header allows parameter sets in pictures. */
    bool has_changed; /* Key frames have the sets of their track's entry.config, which the header has not. */
    struct decode_ahead ahead;
};

/** True if MP4 carries the codec. */
bool mp4_mux_carries(enum codec codec);

/**
 * Begin a muxer.
 *
 * Shape      video: its configuration frame, or NULL; audio: its configuration frame, for MP3 any frame, or NULL.
 *            key: a key frame of the video, or NULL; see mp4_sample_entry_read()
 * Returns    MP4_OK           header and fragments may be written
 *            MP4_NEED_CONFIG  also if there is neither video nor audio
 *            MP4_BAD_CONFIG, MP4_NOT_CARRIED  for video or audio; mp4_mux_init() with only one tells which
 */
enum mp4_result mp4_mux_init(struct mp4_mux *m, const struct frame *video, const struct frame *key,
                             const struct frame *audio) ATTR_MUST_USE;

/** Expect a picture that is displayed this long before its own time (decode_ahead_expect()). Called before the first fragment. */
void mp4_mux_expect_early(struct mp4_mux *m, int64_t early_us);

/** Have pictures go on over another configuration of AVC or HEVC (in_band.h). Called before the header is written. */
void mp4_mux_expect_changes(struct mp4_mux *m);

/** The number of bytes that mp4_mux_write_header() writes. */
size_t mp4_mux_header_len(const struct mp4_mux *m);

/** Write ftyp and moov. */
void mp4_mux_write_header(const struct mp4_mux *m, struct wr *w);

/** Tell what a frame means to the muxer. */
enum mp4_frame mp4_mux_look(const struct mp4_mux *m, const struct frame *f);

/** Move the muxer over a frame that is MP4_FRAME_NEW_SETS. It borrows the frame in place of the last configuration. */
void mp4_mux_take_sets(struct mp4_mux *m, const struct frame *config);

/** The configuration whose parameter sets a carried frame has, at mp4_in_band_at() of its payload; NULL: it has none. */
const struct frame *mp4_mux_sets(const struct mp4_mux *m, const struct frame *f);

/**
 * Write a carried frame's moof and the header of its mdat, MP4_MUX_HEAD_LEN bytes, and move the value to the next fragment.
 *
 * Shape      dts_90k: time of the player; below 0 it is written as 0
 * Rules      Each fragment has its full time, so that nothing drifts. The duration of audio is that of its codec; the
 *            duration of video is the last step of the decoding time, as the next step is not known yet. Players that
 *            read the times accept another next step. A browser's MediaSource does not: after a step of more than
 *            twice the duration (W3C MSE 3.5.8) it drops pictures up to the next key frame.
 */
void mp4_mux_write_head(struct mp4_mux *m, struct wr *w, const struct frame *f, int64_t dts_90k);

/**
 * Add constants to the sequence numbers and decoding times of fragments, to make them those of another player. That player must
 * have been sent the same last frame of each track, because that decides on the duration of the first picture.
 *
 * Shape      bytes: whole fragments, one after the other
 * Returns    false if they are not; the fragments before the first wrong one are restamped
 */
bool mp4_mux_restamp(uint8_t *bytes, size_t len, int64_t delta_90k, uint32_t delta_sequence);

#endif
