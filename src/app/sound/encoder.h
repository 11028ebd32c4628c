/**
 * An encoder of Opus or AAC at 48 kHz with one or two channels, by FFmpeg's libraries, and the frame that is being filled for it.
 *
 *     sound_encoder_open(&e, av, CODEC_OPUS, 48000, 2)
 *     n = sound_encoder_room(&e, planes)                  fill up to n samples
 *     sound_encoder_fill(&e, n, at)                       `at`: time of the first of them
 *     while ((packet = sound_encoder_next(&e))) …         until the next call; its pts counts the encoder's own delay
 *     sound_encoder_drain(&e)                             what is not full is filled with silence; packets follow; then close
 *
 * Units      samples of 48 kHz
 * Threads    works on any thread, one at a time
 */
#ifndef APP_SOUND_ENCODER_H
#define APP_SOUND_ENCODER_H

#ifdef WITH_SOUND

#include <stdbool.h>
#include <stdint.h>

#include "app/ffmpeg/libav.h"
#include "kernel/frame.h"

struct sound_encoder {
    const struct libav *av;
    AVCodecContext     *context; /* NULL: it is closed */
    AVPacket           *packet;
    AVFrame            *samples;
    int                 n_filled;
    int                 n_rising; /* samples until a fade-in is over */
};

/** An encoder that is all zero, or closed. False, and it is closed: FFmpeg has no such encoder, or memory is out. */
bool sound_encoder_open(struct sound_encoder *e, const struct libav *av, enum codec codec, int bit_rate,
                        int channels) ATTR_MUST_USE;

/** Takes an encoder that is all zero, or closed. */
void sound_encoder_close(struct sound_encoder *e);

/** Places for the next samples: as many as `planes` of the format have, two at most. 0: no memory. */
int sound_encoder_room(struct sound_encoder *e, uint8_t *planes[2]);

/** Samples were written there. False: the encoder refused. */
bool sound_encoder_fill(struct sound_encoder *e, int n, int64_t at) ATTR_MUST_USE;

/** Silence follows: let the last samples that wait fade out, and the first after it fade in, so that nothing clicks. */
void sound_encoder_soften(struct sound_encoder *e);

/** End: false if the encoder refused. */
bool sound_encoder_drain(struct sound_encoder *e) ATTR_MUST_USE;

/** The next packet; NULL: none is ready. */
const AVPacket *sound_encoder_next(struct sound_encoder *e);

#endif
#endif
