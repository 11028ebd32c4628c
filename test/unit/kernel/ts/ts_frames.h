/**
 * Frames for the tests of the muxer, made from FLV bodies as publishers send them.
 */
#ifndef TEST_KERNEL_TS_TS_FRAMES_H
#define TEST_KERNEL_TS_TS_FRAMES_H

#include <stddef.h>
#include <stdint.h>

#include "kernel/frame.h"

/** Make a parsed frame with this FLV body. */
struct frame *ts_frame(enum frame_kind kind, int64_t dts_ms, const uint8_t *body, size_t len);

/** ts_frame() with the bytes of the body as arguments. */
#define TS_VIDEO_FRAME(dts_ms, ...) TS_FRAME_OF(FRAME_VIDEO, dts_ms, __VA_ARGS__)
#define TS_AUDIO_FRAME(dts_ms, ...) TS_FRAME_OF(FRAME_AUDIO, dts_ms, __VA_ARGS__)
#define TS_FRAME_OF(kind, dts_ms, ...) \
    ts_frame(kind, dts_ms, (const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ }))

/** An H.264 picture of one NAL unit of `len` bytes; and a raw AAC frame. Their bytes are a function of `seed`. */
struct frame *ts_picture(int64_t dts_ms, int64_t cts_ms, int key, size_t len, unsigned seed);
struct frame *ts_sound(int64_t dts_ms, size_t len, unsigned seed);

/* AVCDecoderConfigurationRecord: Baseline 3.1, SPS 67 42 C0 1F AA, PPS 68 CE BB; after FLV's five bytes */
#define TS_AVC_CONFIG \
    0x17, 0, 0, 0, 0, 1, 0x42, 0xC0, 0x1F, 0xFF, 0xE1, 0, 5, 0x67, 0x42, 0xC0, 0x1F, 0xAA, 1, 0, 3, 0x68, 0xCE, 0xBB

/* AudioSpecificConfig: AAC-LC, 44100 Hz, stereo */
#define TS_AAC_CONFIG 0xAF, 0, 0x12, 0x10

#endif
