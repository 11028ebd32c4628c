/**
 * The maker of frames, which turns the media of all inputs into struct frame.
 *
 * There are two ways in. RTMP, FLV and posted FLV have bodies of FLV tags: frame_make_body(). WebRTC, SRT, RTSP, GB28181 and
 * MPEG-TS have access units of a codec: frame_make_next() writes the head of an FLV body before them, so that RTMP and FLV
 * players get them unchanged; it uses FourCCs (enhanced RTMP) where the classic head has no number for the codec. Both ways end
 * in flv_frame_parse(), so that the fields of a frame always agree with its body.
 *
 * If a stream carries the configuration of its codec in band, a configuration frame is made from it, before the first frame and
 * whenever it changes: AVC and HEVC parameter sets, ADTS headers, AV1 sequence headers, key frames of VP8 and VP9, the channels
 * of Opus.
 *
 *     struct frame_unit u = { .codec = CODEC_H264, .form = UNIT_STREAM, .dts_us = dts, .pts_us = pts, .bytes = pes };
 *     while ((made = frame_make_next(&maker, &u, &f)) == FRAME_MADE)
 *         …                                                          the caller owns f; a configuration may come first
 *
 * Life       a maker belongs to one publish of one stream; all zero at the start; frame_maker_finish() at the end
 * Units      microseconds, unwrapped, in the input's own time, which the stream's clock maps (app/source)
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

/* Most tracks whose configurations are remembered. For a further track the configuration is made again with each key frame. */
enum { FRAME_MAKER_TRACKS = 8 };

/* Longest configuration record that is made; parameter sets of encoders take a few hundred bytes. Longer ones stay in band. */
enum { FRAME_RECORD_MAX = 4096 };

struct frame_maker {
    struct nalu_forms forms;
    struct frame     *configs[FRAME_MAKER_TRACKS]; /* references to the newest configuration made for each track */
};

/* The layout of the bytes of a unit. */
enum unit_form {
    UNIT_STREAM, /* The form of MPEG-TS. AVC, HEVC: one access unit with start codes. AAC: any number of ADTS frames;
                  * MP3, AC-3, E-AC-3: any number of frames. Others: as UNIT_STORED. */
    UNIT_STORED, /* The form of MP4, one frame. AVC, HEVC: NAL units with lengths of the configured size; AAC: raw; AV1: OBUs,
                  * of which the last one may lack its size. */
    UNIT_CONFIG, /* Only the configuration record: avcC, hvcC, av1C, vpcC, AudioSpecificConfig, OpusHead, STREAMINFO. */
};

/* A unit of an input: a picture, several audio frames, or a configuration. frame_make_next() moves `bytes` on. */
struct frame_unit {
    enum codec     codec;
    enum unit_form form;
    uint8_t        track;
    uint8_t        channels; /* Opus, PCM, G.711: number of channels by the signalling; 0: unknown */
    bool           is_key;   /* The container says that it is a key frame; the codec's own bytes are checked, too. */
    int64_t        dts_us, pts_us; /* times of the first frame */
    struct rd      bytes;
};

enum frame_made {
    FRAME_MADE,
    FRAME_MAKE_END,       /* The unit is used up. */
    FRAME_MAKE_BAD,       /* The rest of the unit was dropped: it is malformed, or FLV cannot carry the codec. */
    FRAME_MAKE_NO_MEMORY, /* The rest of the unit was dropped. */
};

/**
 * Make the next frame of a unit.
 *
 * Ownership  the caller owns the one reference of *out; NULL unless FRAME_MADE. Its times are set; arrived_us is 0
 * Rules      Access unit delimiters, and parameter sets that are in the configuration, are left out of the pictures. Sets of
 *            a unit that lacks some (a PPS alone) stay in them.
 *            The composition time in the body is the difference of both times rounded down to milliseconds each, so that a
 *            player that adds it to the rounded dts gets the rounded pts.
 */
enum frame_made frame_make_next(struct frame_maker *m, struct frame_unit *u, struct frame **out) ATTR_MUST_USE;

/** Make a frame of a received FLV body. flv_frame_parse() describes the arguments and results. */
enum flv_parse frame_make_body(struct frame_maker *m, struct frame *f) ATTR_MUST_USE;

/** Convert a frame of frame_make_body() from start codes to lengths: flv_frame_to_avcc(). False if memory is out. */
bool frame_make_avcc(struct frame_maker *m, struct frame **f) ATTR_MUST_USE;

/** Drop all references; the maker is all zero again. Takes a maker that is all zero. */
void frame_maker_finish(struct frame_maker *m);

#endif
