/**
 * The one maker of frames: whatever comes in, by whatever protocol, becomes a struct frame here.
 *
 * Two doors lead in. RTMP, FLV and posted FLV bring bodies of FLV tags: frame_make_body(). WebRTC, SRT, RTSP, GB28181 and
 * MPEG-TS bring access units of a codec: frame_make_next() writes the head of an FLV body before them, so that RTMP and FLV
 * players get them untouched, with FourCCs (enhanced RTMP) where the classic head has no number for the codec. Both doors end
 * in flv_frame_parse(), so that the fields of a frame always say what its body says.
 *
 * Where a stream carries its codec's configuration among its pictures or sounds, a configuration frame is made of it, before
 * the first frame and whenever it changes: AVC and HEVC parameter sets, ADTS headers, AV1 sequence headers, key frames of
 * VP8 and VP9, the channels of Opus.
 *
 *     struct frame_unit u = { .codec = CODEC_H264, .form = UNIT_STREAM, .dts_us = dts, .pts_us = pts, .bytes = pes };
 *     while ((made = frame_make_next(&maker, &u, &f)) == FRAME_MADE)
 *         …                                                          f is the caller's, a configuration maybe first
 *
 * Life       a maker belongs to one publish of one stream; all zero at the start; frame_maker_finish() at the end
 * Units      microseconds, unwrapped, on the input's own time line: the stream's clock maps them (app/source)
 * Source     kernel/flv_body.h, kernel/nalu_form.h; the codecs' own headers
 * Yields     no
 */
#ifndef KERNEL_FRAME_MAKE_H
#define KERNEL_FRAME_MAKE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/rd.h"
#include "kernel/flv_body.h"
#include "kernel/frame.h"
#include "kernel/nalu_form.h"

/* Tracks of either kind whose configurations are remembered. Of further ones the configuration is made again with each key. */
enum { FRAME_MAKER_TRACKS = 8 };

/* Bytes of a configuration record that is made; parameter sets of encoders take a few hundred. Longer ones stay in band. */
enum { FRAME_RECORD_MAX = 4096 };

struct frame_maker {
    struct nalu_forms forms;
    struct frame     *configs[FRAME_MAKER_TRACKS]; /* the newest that was made of each track; held */
};

/* How the bytes of a unit are laid out. */
enum unit_form {
    UNIT_STREAM, /* as MPEG-TS carries them. AVC, HEVC: one access unit behind start codes. AAC: any number of ADTS frames;
                  * MP3, AC-3, E-AC-3: any number of frames. Others: as UNIT_STORED */
    UNIT_STORED, /* as MP4 carries them, one frame. AVC, HEVC: behind lengths as the configuration tells; AAC: raw; AV1: OBUs,
                  * of which the last may lack its size */
    UNIT_CONFIG, /* the codec's configuration record alone: avcC, hvcC, av1C, vpcC, AudioSpecificConfig, OpusHead, STREAMINFO */
};

/* What an input has got: a picture, a row of sounds, or a configuration. frame_make_next() takes from `bytes` and moves on. */
struct frame_unit {
    enum codec     codec;
    enum unit_form form;
    uint8_t        track;
    uint8_t        channels;       /* Opus, PCM, G.711: as signalled; 0: not told */
    bool           is_key;         /* the container says so; the codecs' own bytes are looked at besides */
    int64_t        dts_us, pts_us; /* times of the first frame */
    struct rd      bytes;
};

enum frame_made {
    FRAME_MADE,
    FRAME_MAKE_END, /* the unit is used up */
    FRAME_MAKE_BAD, /* the rest of the unit was dropped: it is not what its codec makes, or FLV cannot carry the codec */
    FRAME_MAKE_NO_MEMORY, /* the rest of the unit was dropped */
};

/**
 * The next frame of a unit.
 *
 * Ownership  *out has one reference, which is the caller's; NULL unless FRAME_MADE. It has its times; arrived_us is 0.
 * Rules      Access unit delimiters, and parameter sets that are in the configuration, are left out of the pictures. Sets of
 *            a unit that lacks some (a PPS alone) stay in them.
 *            The composition time in the body is the difference of both times rounded down to milliseconds each, so that a
 *            player that adds it to the rounded dts gets the rounded pts.
 */
enum frame_made frame_make_next(struct frame_maker *m, struct frame_unit *u, struct frame **out) ATTR_MUST_USE;

/** Make a received FLV body a frame: flv_frame_parse(), which says what the caller fills in and what the results mean. */
enum flv_parse frame_make_body(struct frame_maker *m, struct frame *f) ATTR_MUST_USE;

/** Give a frame of frame_make_body() lengths in place of start codes: flv_frame_to_avcc(). False when memory is out. */
bool frame_make_avcc(struct frame_maker *m, struct frame **f) ATTR_MUST_USE;

/** Let go of what is remembered: all zero again. Takes one that is all zero. */
void frame_maker_finish(struct frame_maker *m);

#endif
