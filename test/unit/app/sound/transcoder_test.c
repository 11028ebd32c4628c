#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "app/sound/clicks.h"
#include "app/sound/decoder.h"
#include "app/sound/line.h"
#include "app/sound/transcoder.h"
#include "core/attr.h"
#include "core/mem.h"
#include "core/wr.h"

enum { OUT_MAX = 20000, PCM_MAX = 60 * SOUND_RATE };

/* What comes out of a transcoder, as frames again. */
struct out {
    struct frame *frames[OUT_MAX];
    int           n;
    int           channels;
};

static void keep(void *arg, const struct sound_packet *p)
{
    struct out   *out = arg;
    struct frame *f = sound_frame(p->codec, p->bytes, p->len, p->pts_us);
    assert_true(out->n < OUT_MAX);
    f->config = p->is_config;
    f->channels = p->channels;
    out->channels = p->channels;
    out->frames[out->n++] = f;
}

static struct out *new_out(void)
{
    struct out *out = mem_calloc(1, sizeof *out);
    assert_non_null(out);
    return out;
}

static void free_out(struct out *out)
{
    for (int i = 0; i < out->n; i++)
        frame_unref(&out->frames[i]);
    mem_free(out);
}

static void take(struct transcoder *t, struct frame *f, struct out *out)
{
    transcoder_take(t, f, keep, out);
    frame_unref(&f);
}

static struct transcoder *start(enum codec codec)
{
    char                    why[TRANSCODER_WHY_CAP] = "";
    const struct sound_wish wish = { codec, 64000 };
    struct transcoder      *t = transcoder_new(&wish, why);
#ifdef WITH_SOUND
    if (!t)
        fail_msg("%s", why);
#else
    assert_true(!t && *why);
    skip();
#endif
    return t;
}

#ifdef WITH_SOUND

/* All of a stream through one more transcoder. */
static struct out *through(const struct out *in, enum codec codec)
{
    struct out        *out = new_out();
    struct transcoder *t = start(codec);
    for (int i = 0; i < in->n; i++)
        transcoder_take(t, in->frames[i], keep, out);
    assert_int_equal(transcoder_counts(t).n_errors, 0);
    transcoder_free(&t);
    return out;
}

/* The first channel of decoded sound: the sample at place n is that of time n. */
static float *decoded(const struct out *out)
{
    char                 why[TRANSCODER_WHY_CAP];
    struct sound_decoder d;
    float               *pcm = mem_calloc(PCM_MAX, sizeof *pcm);
    assert_true(pcm && sound_decoder_init(&d, libav_open(LIBAV_SOUND, why, sizeof why)));
    for (int i = 0; i < out->n; i++) {
        const AVFrame *s;
        sound_decoder_give(&d, out->frames[i]);
        while ((s = sound_decoder_next(&d))) {
            int64_t at = sound_line_from_us(s->pts);
            assert_int_equal(s->format, AV_SAMPLE_FMT_FLTP);
            for (int k = 0; k < s->nb_samples; k++)
                if (at + k >= 0 && at + k < PCM_MAX)
                    pcm[at + k] = ((const float *)(const void *)s->extended_data[0])[k];
        }
    }
    assert_int_equal(d.n_errors, 0);
    sound_decoder_finish(&d);
    return pcm;
}

/* The middle of the energy of what sounds within 100 ms around a time, and whether it is loud enough. */
static double middle(const float *pcm, int64_t around)
{
    double energy = 0, moment = 0;
    for (int64_t n = around - SOUND_RATE / 10; n < around + SOUND_RATE / 10; n++) {
        energy += (double)pcm[n] * (double)pcm[n];
        moment += (double)pcm[n] * (double)pcm[n] * (double)(n - around);
    }
    assert_true(energy > 5);
    return moment / energy;
}

/* Each click from one second on is where it was, within 1 ms. */
static void check_clicks(const struct out *out, double seconds, int64_t later_us)
{
    float        *pcm = decoded(out);
    const int64_t ratio = SOUND_RATE / G711_RATE;
    for (int64_t n = 2 * CLICK_EVERY; n < (int64_t)((seconds - 1) * G711_RATE); n += CLICK_EVERY) {
        int64_t at = (n + CLICK_EVERY / 2 + CLICK_LEN / 2) * ratio + sound_line_from_us(later_us);
        assert_true(fabs(middle(pcm, at)) < 48);
    }
    mem_free(pcm);
}

static struct out *g711_to(enum codec codec, int seconds, int64_t begin_us, struct sound_counts *counts)
{
    struct out        *out = new_out();
    struct transcoder *t = start(codec);
    for (int64_t i = 0; i < seconds * 50; i++)
        take(t, g711_frame(i, begin_us + i * 20000), out);
    *counts = transcoder_counts(t);
    transcoder_free(&t);
    return out;
}

#endif

/* G.711 becomes AAC, that becomes Opus, and that AAC again: decoders and encoders of both, and each with its delay. */
static void clicks_stay_where_they_are(void **state)
{
    struct transcoder *t = start(CODEC_OPUS);
    (void)state;
    transcoder_free(&t);
#ifdef WITH_SOUND
    struct sound_counts counts;
    struct out         *aac = g711_to(CODEC_AAC, 6, 0, &counts);
    assert_true(aac->frames[0]->config && aac->n > 6 * 46);
    assert_int_equal(counts.n_errors + counts.n_jumps + counts.silence_us, 0);
    assert_int_equal(aac->channels, 1);
    check_clicks(aac, 6, 0);
    struct out *opus = through(aac, CODEC_OPUS);
    assert_int_equal(opus->frames[5]->pts_us - opus->frames[4]->pts_us, 20000);
    check_clicks(opus, 6, 0);
    struct out *again = through(opus, CODEC_AAC);
    check_clicks(again, 6, 0);
    free_out(again);
    free_out(opus);
    free_out(aac);
#endif
}

#ifdef WITH_SOUND

/* The sound card is slower than the clock that stamps: after half a minute the samples alone would be 6 ms behind. */
static void clicks_follow_a_drift(void **state)
{
    struct out        *out = new_out();
    struct transcoder *t = start(CODEC_OPUS);
    (void)state;
    for (int64_t i = 0; i < 30 * 50; i++)
        take(t, g711_frame(i, i * 20004 / 1000 * 1000), out); /* rounded to milliseconds */
    struct sound_counts counts = transcoder_counts(t);
    assert_int_equal(counts.n_errors + counts.n_jumps + counts.silence_us, 0);
    transcoder_free(&t);
    float *pcm = decoded(out);
    for (int64_t n = 12 * CLICK_EVERY; n < (int64_t)29 * G711_RATE; n += CLICK_EVERY) {
        int64_t at = (n + CLICK_EVERY / 2 + CLICK_LEN / 2) * (SOUND_RATE / G711_RATE);
        assert_true(fabs(middle(pcm, at + at / 5000 - 24)) < 48); /* half a millisecond was rounded away */
    }
    mem_free(pcm);
    free_out(out);
}

/* Six frames are missing: silence, and what follows is in its place. */
static void a_hole_becomes_silence(void **state)
{
    struct out        *out = new_out();
    struct transcoder *t = start(CODEC_OPUS);
    (void)state;
    for (int64_t i = 0; i < 4 * 50; i++)
        if (i < 55 || i > 60)
            take(t, g711_frame(i, i * 20000), out);
    struct sound_counts counts = transcoder_counts(t);
    assert_int_equal(counts.silence_us, 6 * 20000);
    assert_int_equal(counts.n_errors + counts.n_jumps, 0);
    transcoder_free(&t);
    for (int i = 1; i < out->n; i++)
        assert_int_equal(out->frames[i]->pts_us - out->frames[i - 1]->pts_us, 20000);
    check_clicks(out, 4, 0);
    free_out(out);
}

/* After ten minutes without sound there is no silence to make: the times jump, and every packet has the time of its sound. */
static void a_long_hole_is_jumped_over(void **state)
{
    const int64_t      hole_us = 3 * INT64_C(1000000);
    struct out        *out = new_out();
    struct transcoder *t = start(CODEC_OPUS);
    (void)state;
    for (int64_t i = 0; i < 6 * 50; i++)
        take(t, g711_frame(i, i * 20000 + (i >= 100 ? hole_us : 0)), out);
    struct sound_counts counts = transcoder_counts(t);
    assert_int_equal(counts.n_jumps, 1);
    assert_int_equal(counts.n_errors + counts.silence_us, 0);
    transcoder_free(&t);
    int n_jumps = 0;
    for (int i = 1; i < out->n; i++)
        n_jumps += out->frames[i]->pts_us - out->frames[i - 1]->pts_us != 20000;
    assert_int_equal(n_jumps, 1);
    float *pcm = decoded(out);
    for (int64_t n = 6 * CLICK_EVERY; n < (int64_t)5 * G711_RATE; n += CLICK_EVERY) {
        int64_t at = (n + CLICK_EVERY / 2 + CLICK_LEN / 2) * (SOUND_RATE / G711_RATE) + sound_line_from_us(hole_us);
        assert_true(fabs(middle(pcm, at)) < 48);
    }
    mem_free(pcm);
    free_out(out);
}

/* Twice as much sound as its times have room for: what is too much is left out, and the rest goes on without a break. */
static void sound_that_comes_too_fast_is_cut(void **state)
{
    enum { FRAMES = 300, STEP_US = 10000 };
    struct out        *out = new_out();
    struct transcoder *t = start(CODEC_OPUS);
    (void)state;
    for (int64_t i = 0; i < FRAMES; i++)
        take(t, g711_frame(i, i * STEP_US), out);
    struct sound_counts counts = transcoder_counts(t);
    assert_int_equal(counts.n_errors + counts.n_jumps, 0);
    transcoder_free(&t);
    for (int i = 1; i < out->n; i++)
        assert_int_equal(out->frames[i]->pts_us - out->frames[i - 1]->pts_us, 20000);
    assert_in_range(out->frames[out->n - 1]->pts_us, FRAMES * STEP_US - 100000, FRAMES * STEP_US + 100000);
    free_out(out);
}

/* Nothing that a decoder makes of damaged packets, and of codecs that it does not know, ends it; they are counted. */
static void damaged_packets_are_counted_and_survived(void **state)
{
    static const enum codec codecs[] = { CODEC_AAC,  CODEC_MP3,  CODEC_OPUS,  CODEC_FLAC, CODEC_AC3,
                                         CODEC_EAC3, CODEC_PCMA, CODEC_SPEEX, CODEC_H264, CODEC_OTHER };
    struct sound_counts     counts;
    struct out             *aac = g711_to(CODEC_AAC, 2, 0, &counts), *out = new_out();
    struct transcoder      *t = start(CODEC_OPUS);
    (void)state;
    srand(1);
    for (int i = 0; i < aac->n; i++) {
        const struct frame *f = aac->frames[i];
        struct frame       *bad = sound_frame(codecs[i % (int)ARRAY_LEN(codecs)], f->data, f->len, f->pts_us);
        for (uint32_t k = 0; k < bad->len; k += 1 + (uint32_t)rand() % 8)
            bad->data[k] = (uint8_t)rand();
        bad->config = i % 7 == 0;
        take(t, bad, out);
    }
    assert_true(transcoder_counts(t).n_errors > 10);
    int before = out->n;
    for (int i = 0; i < aac->n; i++)
        transcoder_take(t, aac->frames[i], keep, out);
    assert_true(out->n - before > aac->n / 2);
    transcoder_free(&t);
    free_out(out);
    free_out(aac);
}

/* Mono of 8 kHz, and in the middle of it AAC, then G.711 again: one stream of Opus, in time. */
static void the_codec_may_change_in_mid_stream(void **state)
{
    struct sound_counts counts;
    struct out         *aac = g711_to(CODEC_AAC, 4, 0, &counts), *out = new_out();
    struct transcoder  *t = start(CODEC_OPUS);
    (void)state;
    for (int64_t i = 0; i < 100; i++)
        take(t, g711_frame(i, i * 20000), out);
    for (int i = 0; i < aac->n; i++)
        if (aac->frames[i]->config || (aac->frames[i]->pts_us > 1990000 && aac->frames[i]->pts_us < 2980000))
            transcoder_take(t, aac->frames[i], keep, out);
    for (int64_t i = 151; i < 300; i++)
        take(t, g711_frame(i, i * 20000), out);
    counts = transcoder_counts(t);
    assert_int_equal(counts.n_errors + counts.n_jumps, 0);
    assert_true(counts.silence_us <= 80000);
    transcoder_free(&t);
    for (int i = 1; i < out->n; i++)
        assert_int_equal(out->frames[i]->pts_us - out->frames[i - 1]->pts_us, 20000);
    check_clicks(out, 6, 0);
    free_out(out);
    free_out(aac);
}

/* A wave of constant loudness stays as smooth as it was where streams of samples join: no step is larger than the wave's own. */
static void nothing_clicks_in_a_steady_tone(void **state)
{
    struct out        *out = new_out();
    struct transcoder *t = start(CODEC_OPUS);
    uint8_t            bytes[G711_FRAME];
    (void)state;
    for (int64_t i = 0; i < 4 * 50; i++) {
        if (i >= 80 && i < 85)
            continue; /* a hole */
        for (int k = 0; k < G711_FRAME; k++)
            bytes[k] = to_mulaw((int)(8000 * sine(i * G711_FRAME + k)));
        take(t, sound_frame(CODEC_PCMU, bytes, sizeof bytes, i * 20000), out);
    }
    transcoder_free(&t);
    float *pcm = decoded(out);
    float  most = 0, largest = 0;
    for (int64_t n = 1; n < (int64_t)39 * SOUND_RATE / 10; n++) {
        float step = fabsf(pcm[n] - pcm[n - 1]);
        largest = step > largest ? step : largest;
        most = fabsf(pcm[n]) > most ? fabsf(pcm[n]) : most;
    }
    assert_true(most > 0.2F && most < 0.35F);
    assert_true(largest < 2 * 0.25F * 2 * 3.1416F * 250 / SOUND_RATE);
    mem_free(pcm);
    free_out(out);
}

/* ---- 5.1 ---- */

enum { SIDES = 6, FLAC_FRAME = 1024 };

static uint8_t flac_crc8(const uint8_t *bytes, size_t len)
{
    uint8_t crc = 0;
    for (size_t i = 0; i < len; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = (uint8_t)(crc & 0x80 ? crc << 1 ^ 7 : crc << 1);
    }
    return crc;
}

/* A frame of FLAC of 5.1 at 48 kHz with 16 bits, verbatim: one channel has a sine of 1.5 kHz, the others nothing. Source: RFC 9639 9 */
static struct frame *flac_frame(int number, int sounding)
{
    static uint8_t bytes[7 + SIDES * (1 + 2 * FLAC_FRAME) + 2];
    const uint8_t  head[] = { 0xff, 0xf8, 0xaa, 5 << 4 | 4 << 1,
                              (uint8_t)number }; /* 1024 samples, 48 kHz; six channels, 16 bits */
    struct wr      w = wr_over(bytes, sizeof bytes);
    wr_bytes(&w, head, sizeof head);
    wr_u8(&w, flac_crc8(head, sizeof head));
    for (int channel = 0; channel < SIDES; channel++) {
        wr_u8(&w, 1 << 1);
        for (int i = 0; i < FLAC_FRAME; i++)
            wr_u16(&w, (uint16_t)(int16_t)(channel == sounding ? 8000 * sine(i) : 0));
    }
    wr_u16(&w, 0); /* the CRC of the frame, which the decoder does not look at */
    return sound_frame(CODEC_FLAC, bytes, wr_len(&w), number * (INT64_C(1000000) * FLAC_FRAME / SOUND_RATE));
}

static struct frame *flac_config(void)
{
    static const uint8_t bytes[34] = {
        FLAC_FRAME >> 8,
        0,
        FLAC_FRAME >> 8,
        0,
        0,
        0,
        0,
        0,
        0,
        0, /* sizes of blocks and frames */
        0x0b,
        0xb8,
        0x0a,
        0xf0, /* 48 kHz, six channels, 16 bits */
    };
    struct frame *f = sound_frame(CODEC_FLAC, bytes, sizeof bytes, 0);
    f->config = true;
    return f;
}

/* How loud each channel of what comes out is, once it goes evenly: the mean. */
static void loudness(const struct out *out, double loud[2])
{
    char                 why[TRANSCODER_WHY_CAP];
    struct sound_decoder d;
    const AVFrame       *s;
    int                  n = 0;
    assert_true(sound_decoder_init(&d, libav_open(LIBAV_SOUND, why, sizeof why)));
    loud[0] = loud[1] = 0;
    for (int i = 0; i < out->n; i++) {
        sound_decoder_give(&d, out->frames[i]);
        while ((s = sound_decoder_next(&d))) {
            assert_int_equal(s->ch_layout.nb_channels, 2);
            for (int channel = 0; channel < 2 && i > 10; channel++)
                for (int k = 0; k < s->nb_samples; k++) {
                    loud[channel] += (double)fabsf(((const float *)(const void *)s->extended_data[channel])[k]);
                    n += channel == 0;
                }
        }
    }
    loud[0] /= n;
    loud[1] /= n;
    sound_decoder_finish(&d);
}

/* Each channel of 5.1 is heard where it belongs, and all of them together could not clip. */
static void channels_of_5_1_are_heard_on_their_sides(void **state)
{
    enum { LEFT = 1, RIGHT = 2 };
    static const int sides[SIDES] = { LEFT, RIGHT, LEFT | RIGHT, 0, LEFT, RIGHT }; /* L R C LFE Ls Rs */
    double           sums[2] = { 0 };
    (void)state;
    for (int sounding = 0; sounding < SIDES; sounding++) {
        struct out        *out = new_out();
        struct transcoder *t = start(CODEC_OPUS);
        double             loud[2];
        take(t, flac_config(), out);
        for (int i = 0; i < 50; i++)
            take(t, flac_frame(i, sounding), out);
        assert_int_equal(transcoder_counts(t).n_errors, 0);
        transcoder_free(&t);
        loudness(out, loud);
        for (int side = 0; side < 2; side++) {
            bool is_heard = sides[sounding] >> side & 1;
            assert_true(is_heard ? loud[side] > 0.035 : loud[side] < 0.005);
            sums[side] += loud[side];
        }
        free_out(out);
    }
    assert_true(sums[0] < 0.17 && sums[1] < 0.17); /* This sine is 0.155 loud. */
}

#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clicks_stay_where_they_are),
#ifdef WITH_SOUND
        cmocka_unit_test(clicks_follow_a_drift),
        cmocka_unit_test(a_hole_becomes_silence),
        cmocka_unit_test(a_long_hole_is_jumped_over),
        cmocka_unit_test(sound_that_comes_too_fast_is_cut),
        cmocka_unit_test(damaged_packets_are_counted_and_survived),
        cmocka_unit_test(the_codec_may_change_in_mid_stream),
        cmocka_unit_test(nothing_clicks_in_a_steady_tone),
        cmocka_unit_test(channels_of_5_1_are_heard_on_their_sides),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
