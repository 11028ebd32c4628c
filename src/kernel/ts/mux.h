/**
 * The transport stream muxer: frames in, transport packets out.
 *
 * A muxer is a small value that may be copied. What it writes for a frame depends on nothing but that value, the
 * frame and its time. After a partial write, mux the frame again from a copy taken before, and skip what was sent.
 * Two muxers that have seen the same frames write the same bytes but for constants in the time stamps and the
 * continuity counters: ts_mux_shift() tells them, restamp.h writes them over the other's.
 *
 *     ts_mux_init(&m, CODEC_H264, CODEC_AAC);           as far as it is known what will come
 *     ts_mux_frame(&m, &w, f, dts_90k);                 every frame in turn, configurations too
 *
 * Video      H.264, HEVC; the tables (PAT, PMT) stand before each key frame, the clock on each frame. AV1 is not
 *            carried: its mapping is a draft that libavformat does not read.
 * Audio      AAC as ADTS, MP3, Opus, AC-3, E-AC-3. Without video the tables stand before the first frame of each
 *            second of the stream's own time, and the clock is on each frame.
 * Times      No picture is shown before it is decoded: all of them, and the clock with them, are decoded earlier by what that
 *            takes (decode_ahead.h), while the times at which pictures and sound come out stay what they are.
 * Changes    A configuration of another codec, or a first audio frame of one, changes the PMT: its version is one
 *            more, and the tables stand before the next frame. One that cannot be read, or that a transport stream
 *            cannot say, takes its kind out of the program until a better one comes.
 * Tracks     Of enhanced RTMP's tracks only track 0 is carried.
 *
 * Source     ISO/IEC 13818-1; packet.h, psi.h, pes.h and payload.h say which parts
 * Ownership  borrows the newest video configuration frame: whoever keeps a muxer (or a copy to mux again from) keeps
 *            that frame alive, ts_mux_config() names it. Other frames are borrowed during the call.
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

struct ts_mux {
    const struct frame *video_config; /* NULL: none yet */
    struct aac_config   aac;          /* object_type 0: none yet */
    int64_t             second;       /* second of the last audio frame, when there is no video */
    uint8_t             video, audio; /* enum codec; CODEC_NONE: not in the program */
    uint8_t             length_size;  /* bytes of a NAL unit length */
    uint8_t             mp3_type;     /* enum ts_stream_type of MP3 */
    uint8_t             opus_channels;
    uint8_t             version; /* version of the PMT */
    bool                told;    /* the PMT was written since it changed last */
    uint8_t             cc[TS_TRACKS];
    struct decode_ahead ahead;
};

enum ts_mux_result {
    TS_MUX_WRITTEN,
    TS_MUX_NOTHING, /* a configuration, a script, an end of sequence, another track; a codec that is not carried */
    TS_MUX_BAD,     /* broken lengths, no NAL unit, too long for its PES packet, a configuration that cannot be used */
    TS_MUX_FULL,    /* no room: nothing was written, the muxer is as it was, `full` is set */
};

/** Whether a transport stream of ours can carry this codec. */
bool ts_mux_carries(enum codec codec);

/**
 * A muxer of a stream with these codecs, as far as they are known yet: the first PMT names them, so that a player
 * waits for both. CODEC_NONE, or one that is not carried: there is none of that kind until a frame says so.
 */
void ts_mux_init(struct ts_mux *m, enum codec video, enum codec audio);

/** Expect a picture that is shown this long before its own time. Below 0 and far beyond DECODE_AHEAD_MAX_90K: no effect. */
void ts_mux_expect_early(struct ts_mux *m, int64_t early_us);

/** Write PAT and PMT now, TS_PSI_LEN bytes; as ts_mux_frame() does where they are due. */
void ts_mux_psi(struct ts_mux *m, struct wr *w);

/**
 * Write a frame.
 *
 * Units      dts_90k: any number, its low 33 bits go out; the PTS is that and what lies between the frame's two times.
 *            A DTS may be DECODE_AHEAD_MAX_90K below it.
 * Returns    as above. With TS_MUX_NOTHING and TS_MUX_BAD nothing was written, and the muxer knows what the frame said.
 */
enum ts_mux_result ts_mux_frame(struct ts_mux *m, struct wr *w, const struct frame *f, int64_t dts_90k);

/** How many bytes ts_mux_frame() would write for it, tables included: a multiple of 188. Costs no copy of the frame. */
size_t ts_mux_frame_len(const struct ts_mux *m, const struct frame *f);

/** As ts_mux_frame() without writing: the muxer moves on. Returns how many bytes were not written. */
size_t ts_mux_skip(struct ts_mux *m, const struct frame *f);

/** The video configuration frame that the muxer borrows, or NULL. */
static inline const struct frame *ts_mux_config(const struct ts_mux *m)
{
    return m->video_config;
}

/**
 * What makes bytes muxed from `from` those that `to` would have written.
 *
 * Shape      shift->cc is set; shift->delta_90k is the caller's: what is between the two times of a frame
 * Returns    false when they differ in more: the players have not seen the same frames, or the codecs have changed
 *            under one of them alone. A player that joins after such a change may begin with the others' `version`.
 */
bool ts_mux_shift(struct ts_shift *shift, const struct ts_mux *from, const struct ts_mux *to) ATTR_MUST_USE;

/** `m`, which was like `before` in the sense of ts_mux_shift(), becomes what it is after the frames that made `after`. */
void ts_mux_follow(struct ts_mux *m, const struct ts_mux *before, const struct ts_mux *after);

#endif
