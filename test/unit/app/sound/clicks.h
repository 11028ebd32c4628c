/**
 * Sound that tests can make without an encoder, and that shows where it is: G.711 with clicks.
 */
#ifndef TEST_APP_SOUND_CLICKS_H
#define TEST_APP_SOUND_CLICKS_H

#include <cmocka.h>
#include <stdint.h>
#include <string.h>

#include "kernel/frame.h"

/*
 * The sound of the tests: silence with a click each half second, of a sine of 1 kHz for 8 ms under a smooth hull. It comes as G.711 of
 * 8 kHz, which needs no encoder: frames of 20 ms.
 */
enum { G711_RATE = 8000, G711_FRAME = 160, CLICK_LEN = 64, CLICK_EVERY = G711_RATE / 2 };

static inline uint8_t to_mulaw(int v)
{
    int sign = v < 0 ? 0x80 : 0, exponent = 7;
    v = (v < 0 ? -v : v) + 0x84;
    v = v > 0x7fff ? 0x7fff : v;
    while (exponent > 0 && !(v & (0x80 << exponent)))
        exponent--;
    return (uint8_t) ~(sign | exponent << 4 | ((v >> (exponent + 3)) & 15));
}

/* A sine of 250 Hz times a whole number, at 8 kHz: turned on by a 32nd of a circle. */
static inline double sine(int64_t n)
{
    const double c = 0.98078528040323044913, s = 0.19509032201612826785;
    double       x = 1, y = 0;
    for (int i = 0; i < n % 32; i++) {
        double turned = x * c - y * s;
        y = x * s + y * c;
        x = turned;
    }
    return y;
}

static inline int wave(int64_t n)
{
    int at = (int)(n % CLICK_EVERY) - CLICK_EVERY / 2;
    if (at < 0 || at >= CLICK_LEN)
        return 0;
    double part = (double)at / CLICK_LEN, hull = 4 * part * (1 - part);
    return (int)(16000 * hull * hull * sine(4 * (int64_t)at));
}

static inline struct frame *sound_frame(enum codec codec, const uint8_t *bytes, size_t len, int64_t pts_us)
{
    struct frame *f = frame_new(len);
    assert_non_null(f);
    f->kind = FRAME_AUDIO;
    f->codec = (uint8_t)codec;
    f->channels = 1;
    f->len = f->media_len = (uint32_t)len;
    f->dts_us = f->pts_us = pts_us;
    if (len)
        memcpy(f->data, bytes, len);
    return f;
}

static inline struct frame *g711_frame(int64_t i, int64_t pts_us)
{
    uint8_t bytes[G711_FRAME];
    for (int k = 0; k < G711_FRAME; k++)
        bytes[k] = to_mulaw(wave(i * G711_FRAME + k));
    return sound_frame(CODEC_PCMU, bytes, sizeof bytes, pts_us);
}

#endif
