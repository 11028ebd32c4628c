/**
 * The transport stream muxer: frames in, transport packets out.
 *
 * A muxer is a small value that may be copied. Its output for a frame depends only on that value, the frame and its
 * time. After a partial write, mux the frame again from a copy taken before, and skip the bytes that were sent.
 * Two muxers that have seen the same frames write the same bytes except for constants in the time stamps and the
 * continuity counters: ts_mux_shift() finds these, and restamp.h applies them.
 *
 *     ts_mux_init(&m, CODEC_H264, CODEC_AAC);           the codecs that are known so far
 *     ts_mux_frame(&m, &w, f, dts_90k);                 every frame in turn, also configurations
 *
 * Video      H.264, HEVC; the tables (PAT, PMT) come before each key frame, the clock is on each frame. AV1 is not
 *            carried: its mapping is a draft that libavformat does not read.
 * Audio      AAC as ADTS, MP3, Opus, AC-3, E-AC-3. Without video, the tables come before the first frame of each
 *            second of the stream's own time, and the clock is on each frame.
 * Times      No picture is displayed before it is decoded: all pictures, and the clock, get earlier decoding times by the needed
 *            amount (decode_ahead.h); the times at which pictures and sound are presented stay.
 * Changes    A configuration of another codec, or a first audio frame of one, changes the PMT: its version is increased,
 *            and the tables come before the next frame. A configuration that cannot be read, or that a transport stream
 *            cannot express, removes its kind from the program until a better one comes.
 * Metadata   ID3 tags, as HLS has them, on a stream of their own, if ts_mux_announce_id3() was called.
 * Tracks     Of the tracks of enhanced RTMP, one of each kind is carried: the first picture track, and the sound track of the muxer.
 *
 * Source     ISO/IEC 13818-1; packet.h, psi.h, pes.h and payload.h name the parts
 * Ownership  borrows the newest video configuration frame, ts_mux_config(): code that keeps a muxer, or a copy of it, must
 *            hold that frame. Other frames are borrowed during the call.
 * Yields     no
 */
#ifndef KERNEL_TS_MUX_H
#define KERNEL_TS_MUX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/wr.h"
#include "kernel/aac.h"
#include "kernel/decode_ahead.h"
#include "kernel/frame.h"
#include "kernel/ts/psi.h"
#include "kernel/ts/restamp.h"
#include "kernel/ts/tail.h"

struct ts_mux {
    const struct frame *video_config; /* NULL: none yet */
    struct aac_config   aac;          /* object_type 0: none yet */
    int64_t             second;       /* second of the last audio frame, when there is no video */
    uint8_t             video, audio; /* enum codec; CODEC_NONE: not in the program */
    uint8_t             length_size;  /* bytes of a NAL unit length */
    uint8_t             mp3_type;     /* enum ts_stream_type of MP3 */
    uint8_t             opus_channels;
    uint8_t             audio_track; /* the track of sound that is carried; 0: the first */
    uint8_t             version;     /* version of the PMT */
    uint8_t             breaks;      /* a bit for each track whose next packet tells of a discontinuity */
    bool                has_id3;     /* The program has a stream of timed ID3. */
    bool                told;        /* The PMT has been written since its last change. */
    uint8_t             cc[TS_TRACKS];
    struct decode_ahead ahead;
};

enum ts_mux_result {
    TS_MUX_WRITTEN,
    TS_MUX_NOTHING, /* a configuration, a script, an end of sequence, another track; a codec that is not carried */
    TS_MUX_BAD,     /* broken lengths, no NAL unit, too long for its PES packet, a configuration that cannot be used */
    TS_MUX_FULL,    /* no room: nothing was written, the muxer is unchanged, `full` is set */
};

/** True if this muxer carries the codec. */
bool ts_mux_carries(enum codec codec);

/**
 * Begin a muxer of a stream with these codecs, as far as they are known: the first PMT names them, so that a player
 * waits for both. CODEC_NONE, or a codec that is not carried: the program has none of that kind until a frame of it comes.
 */
void ts_mux_init(struct ts_mux *m, enum codec video, enum codec audio);

/**
 * Go on behind the end of another stream, before the first frame: the counters continue, the PMT has another version, and the first packets of
 * pictures and of sound have the discontinuity_indicator, because the clock pauses there.
 */
void ts_mux_resume(struct ts_mux *m, const struct ts_tail *tail);

/**
 * Begin a segment that several servers make alike, right after ts_mux_init(): counters do not depend on what went before. `number` is
 * that of the segment: the tables count by it. The first packets of pictures and of sound have the discontinuity_indicator, because their
 * counters begin anew (ISO/IEC 13818-1, 2.4.3.5).
 */
void ts_mux_restart(struct ts_mux *m, uint8_t number);

/** Expect a picture that is displayed this long before its own time (decode_ahead_expect()). */
void ts_mux_expect_early(struct ts_mux *m, int64_t early_us);

/** Write PAT and PMT now, TS_PSI_LEN bytes. ts_mux_frame() writes them by itself when they are due. */
void ts_mux_psi(struct ts_mux *m, struct wr *w);

/**
 * Write a frame.
 *
 * Units      dts_90k: any number, of which the low 33 bits are written. The PTS is dts_90k plus the difference of the frame's
 *            two times. The DTS that is written may be up to DECODE_AHEAD_MAX_90K less
 * Returns    see enum ts_mux_result. After TS_MUX_NOTHING and TS_MUX_BAD nothing was written, but the muxer has taken note of the
 *            frame
 */
enum ts_mux_result ts_mux_frame(struct ts_mux *m, struct wr *w, const struct frame *f, int64_t dts_90k);

/** Add a stream of timed ID3 to the program. The tables come before what is written next. */
void ts_mux_announce_id3(struct ts_mux *m);

/**
 * Write an ID3 tag (kernel/id3.h) of an announced stream; the tables before it if they are due. Players show it when they present
 * its time.
 *
 * Source     Apple, Timed Metadata for HTTP Live Streaming 2
 * Returns    TS_MUX_WRITTEN; TS_MUX_NOTHING if no such stream was announced; TS_MUX_BAD for a tag of more than 65,000 bytes;
 *            TS_MUX_FULL
 */
enum ts_mux_result ts_mux_id3(struct ts_mux *m, struct wr *w, const uint8_t *tag, size_t len, int64_t pts_90k);

/** The number of bytes that ts_mux_id3() would write; 0 if it would write nothing. */
size_t ts_mux_id3_len(const struct ts_mux *m, size_t len);

/** The number of bytes that ts_mux_frame() would write for a frame, with tables: a multiple of 188. The frame is not copied. */
size_t ts_mux_frame_len(const struct ts_mux *m, const struct frame *f);

/** Move the muxer over a frame without writing it. Returns the number of bytes that it would have written. */
size_t ts_mux_skip(struct ts_mux *m, const struct frame *f);

/** The video configuration frame that the muxer borrows, or NULL. */
static inline const struct frame *ts_mux_config(const struct ts_mux *m)
{
    return m->video_config;
}

/**
 * Find the shift that turns bytes muxed from `from` into those that `to` would have written.
 *
 * Shape      shift->cc is set; the caller sets shift->delta_90k, the difference of the two players' times of a frame
 * Returns    false if the muxers differ in more: the players have not seen the same frames, or only one has seen a change of the
 *            codecs. A player that joins after such a change may begin with the `version` of the others.
 */
bool ts_mux_shift(struct ts_shift *shift, const struct ts_mux *from, const struct ts_mux *to) ATTR_MUST_USE;

/** Move `m`, which was like `before` by ts_mux_shift(), over the frames that turned `before` into `after`. */
void ts_mux_follow(struct ts_mux *m, const struct ts_mux *before, const struct ts_mux *after);

#endif
