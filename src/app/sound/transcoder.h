/**
 * Sound of one track in another codec: frames in, packets of Opus or AAC out. Decoder, resampler and encoder in a row, with the time line
 * of line.h: a packet's time is exact, whatever the delays of the three are.
 *
 * Shape      in: frames of the log, configurations included; 1 to 8 channels. Out: 48 kHz; one channel of one, else two, mixed so that
 *            nothing clips
 * Threads    works on any thread, one at a time; the first one opens FFmpeg's libraries, which blocks
 */
#ifndef APP_SOUND_TRANSCODER_H
#define APP_SOUND_TRANSCODER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "kernel/frame.h"

/** What is wanted. */
struct sound_wish {
    enum codec codec;    /* CODEC_OPUS or CODEC_AAC */
    int        bit_rate; /* bit/s */
};

/** One packet of 20 ms of Opus, or of 1024 samples of AAC; or the configuration of AAC. */
struct sound_packet {
    enum codec codec;
    bool       is_config; /* AAC: AudioSpecificConfig, before the first packet and whenever it changes; Opus has none */
    uint8_t    channels;  /* 1 or 2 */
    int64_t    pts_us;    /* on the time line of the frames; of a configuration that of the packet before it */
    const uint8_t *bytes; /* AAC: raw, without ADTS; borrowed for the call */
    size_t         len;
};

struct sound_counts {
    int64_t n_frames, n_packets;
    int64_t n_errors; /* packets that could not be decoded or encoded */
    int64_t n_jumps; /* holes in the times that are too long for silence, and times that went back; the begin is none */
    int64_t silence_us; /* silence that was put in */
};

struct transcoder;

enum { TRANSCODER_WHY_CAP = 160 };

/** NULL, with the reason in `why`: the server was built without it, a library or encoder is missing, or memory is out. */
struct transcoder *transcoder_new(const struct sound_wish *wish, char why[TRANSCODER_WHY_CAP]) ATTR_MUST_USE;

/** *t becomes NULL, and may be NULL before. */
void transcoder_free(struct transcoder **t);

/** Convert a frame: `put` is called for each packet that is ready. Errors are counted. */
void transcoder_take(struct transcoder *t, const struct frame                        *f,
                     void (*put)(void *arg, const struct sound_packet *packet), void *arg);

struct sound_counts transcoder_counts(const struct transcoder *t);

#endif
