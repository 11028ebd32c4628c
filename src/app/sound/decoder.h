/**
 * The decoder of one track of sound, by FFmpeg's libraries.
 *
 * The bits may be hostile. Decoders of a few codecs alone are opened, with one thread; a packet has at most SOUND_PACKET_MAX bytes and gives
 * frames of at most SOUND_SAMPLES_MAX samples, 8 channels and 8 to 96 kHz. All else is counted as an error, and the next packet tried.
 *
 *     sound_decoder_give(&d, frame);
 *     while ((samples = sound_decoder_next(&d))) …       until the next call
 *     sound_decoder_finish(&d);
 *
 * The first frame of a new decoder of a codec with overlapping windows is left out: half of it would be of another sound.
 *
 * Threads    works on any thread, one at a time
 */
#ifndef APP_SOUND_DECODER_H
#define APP_SOUND_DECODER_H

#ifdef WITH_SOUND

#include <stdbool.h>
#include <stdint.h>

#include "app/ffmpeg/libav.h"
#include "kernel/frame.h"

enum {
    SOUND_PACKET_MAX = 64 << 10,
    SOUND_CONFIG_MAX = 1024,
    SOUND_SAMPLES_MAX = 8192,
    SOUND_CHANNELS_MAX = 8,
    SOUND_RATE_MIN = 8000,
    SOUND_RATE_MAX = 96000,
};

struct sound_decoder {
    const struct libav *av;
    AVCodecContext     *context; /* NULL: the next frame opens it */
    AVPacket           *packet;
    AVFrame            *samples;
    enum codec          codec; /* of the context and the configuration */
    uint8_t             config[SOUND_CONFIG_MAX];
    size_t              config_len;
    int                 n_to_drop; /* frames of a new decoder that are left out */
    int64_t             n_errors;
};

/** False: no memory. */
bool sound_decoder_init(struct sound_decoder *d, const struct libav *av) ATTR_MUST_USE;

/** Takes a decoder that is all zero. */
void sound_decoder_finish(struct sound_decoder *d);

/** Give it a frame of the log: sound, or its configuration. */
void sound_decoder_give(struct sound_decoder *d, const struct frame *f);

/** The next samples, with the time of the first one in pts (microseconds; AV_NOPTS_VALUE: they go on); NULL: none are left. */
const AVFrame *sound_decoder_next(struct sound_decoder *d);

#endif
#endif
