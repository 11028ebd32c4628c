#include "app/sound/transcoder.h"

#include "core/mem.h"
#include "core/str.h"

#ifndef WITH_SOUND

struct transcoder *transcoder_new(const struct sound_wish *wish, char why[TRANSCODER_WHY_CAP])
{
    (void)wish;
    str_copy(why, TRANSCODER_WHY_CAP, "the server was built without FFmpeg's libraries");
    return NULL;
}

void transcoder_free(struct transcoder **t)
{
    (void)t;
}

void transcoder_take(struct transcoder *t, const struct frame                        *f,
                     void (*put)(void *arg, const struct sound_packet *packet), void *arg)
{
    (void)t;
    (void)f;
    (void)put;
    (void)arg;
}

struct sound_counts transcoder_counts(const struct transcoder *t)
{
    (void)t;
    return (struct sound_counts){ 0 };
}

#else

#include <string.h>

#include "app/sound/decoder.h"
#include "app/sound/encoder.h"
#include "app/sound/line.h"

enum { CONFIG_CAP = 64, SILENCE_AT_ONCE = 1024 };

struct transcoder {
    const struct libav  *av;
    struct sound_wish    wish;
    struct sound_decoder decoder;
    struct sound_encoder encoder;
    struct SwrContext   *resampler;
    struct sound_line    line;
    int64_t              until; /* end of the last packet */

    /* What the resampler was made for. */
    int             in_rate;
    int             in_format;
    AVChannelLayout in_layout;
    int             channels; /* of the output */

    uint8_t config[CONFIG_CAP]; /* the configuration that was put out last */
    size_t  config_len;

    void (*put)(void *arg, const struct sound_packet *packet); /* during transcoder_take() */
    void               *arg;
    struct sound_counts counts;
};

static struct transcoder *refuse(struct transcoder *t, char why[TRANSCODER_WHY_CAP], const char *text)
{
    str_copy(why, TRANSCODER_WHY_CAP, text);
    transcoder_free(&t);
    return NULL;
}

struct transcoder *transcoder_new(const struct sound_wish *wish, char why[TRANSCODER_WHY_CAP])
{
    const struct libav *av = libav_open(LIBAV_SOUND, why, TRANSCODER_WHY_CAP);
    struct transcoder  *t = av ? mem_calloc(1, sizeof *t) : NULL;
    if (!av)
        return NULL;
    if (!t)
        return refuse(t, why, "out of memory");
    t->av = av;
    t->wish = *wish;
    if (!sound_decoder_init(&t->decoder, av))
        return refuse(t, why, "out of memory");
    if (!sound_encoder_open(&t->encoder, av, wish->codec, wish->bit_rate, 2))
        return refuse(t, why,
                      wish->codec == CODEC_OPUS ? "libavcodec has no libopus" : "libavcodec has no encoder of AAC");
    sound_encoder_close(&t->encoder);
    return t;
}

void transcoder_free(struct transcoder **tp)
{
    struct transcoder *t = *tp;
    *tp = NULL;
    if (!t)
        return;
    sound_decoder_finish(&t->decoder);
    sound_encoder_close(&t->encoder);
    t->av->swr_free(&t->resampler);
    t->av->av_channel_layout_uninit(&t->in_layout);
    mem_free(t);
}

struct sound_counts transcoder_counts(const struct transcoder *t)
{
    struct sound_counts counts = t->counts;
    counts.n_errors += t->decoder.n_errors;
    return counts;
}

/* ---- out ---- */

static void put(struct transcoder *t, bool is_config, int64_t pts_us, const uint8_t *bytes, size_t len)
{
    const struct sound_packet packet = { t->wish.codec, is_config, (uint8_t)t->channels, pts_us, bytes, len };
    t->counts.n_packets += !is_config;
    t->put(t->arg, &packet);
}

/* The configuration goes out when it is another one. */
static void put_config(struct transcoder *t, int64_t pts_us)
{
    const AVCodecContext *c = t->encoder.context;
    size_t                len = (size_t)c->extradata_size;
    if (t->wish.codec != CODEC_AAC || len == 0 || len > sizeof t->config)
        return;
    if (len == t->config_len && memcmp(t->config, c->extradata, len) == 0)
        return;
    memcpy(t->config, c->extradata, len);
    t->config_len = len;
    put(t, true, pts_us, t->config, len);
}

/* The first packet of an encoder overlaps the last one of the encoder before it, which was filled with silence: it is left out. */
static void put_ready(struct transcoder *t)
{
    const AVPacket *p;
    while ((p = sound_encoder_next(&t->encoder))) {
        int64_t pts_us = sound_line_to_us(p->pts);
        if (p->pts < t->until && p->pts > t->until - SOUND_AHEAD_MAX)
            continue;
        t->until = p->pts + t->encoder.context->frame_size;
        put_config(t, pts_us);
        put(t, false, pts_us, p->data, (size_t)p->size);
    }
}

static void close_encoder(struct transcoder *t)
{
    if (!t->encoder.context)
        return;
    if (sound_encoder_drain(&t->encoder))
        put_ready(t);
    else
        t->counts.n_errors++;
    sound_encoder_close(&t->encoder);
}

/* ---- through the resampler into the encoder ---- */

static int64_t resampler_holds(const struct transcoder *t)
{
    return t->av->swr_get_delay(t->resampler, SOUND_RATE);
}

/* Resample, and encode what is full. Of frames without samples only what the resampler holds is taken out of it. False: an error. */
static bool pour(struct transcoder *t, const uint8_t **in, int n_in)
{
    for (;;) {
        uint8_t *planes[2];
        int      room = sound_encoder_room(&t->encoder, planes);
        int      n = room > 0 ? t->av->swr_convert(t->resampler, planes, room, in, n_in) : -1;
        if (n < 0 || (n > 0 && !sound_encoder_fill(&t->encoder, n, t->line.next)))
            return false;
        sound_line_pass(&t->line, n);
        put_ready(t);
        if (n < room)
            return true;
        n_in = 0;
    }
}

static bool pour_silence(struct transcoder *t, const AVFrame *s, int64_t n_out)
{
    int n = (int)(n_out * t->in_rate / SOUND_RATE);
    sound_encoder_soften(&t->encoder);
    while (n > 0) {
        int part = n < SILENCE_AT_ONCE ? n : SILENCE_AT_ONCE;
        if (t->av->swr_inject_silence(t->resampler, part) < 0 || !pour(t, (const uint8_t **)s->extended_data, 0))
            return false;
        n -= part;
    }
    t->counts.silence_us += n_out * 1000 / (SOUND_RATE / 1000);
    return true;
}

/* ---- setting up ---- */

static bool fits_resampler(const struct transcoder *t, const AVFrame *s)
{
    return t->resampler && s->sample_rate == t->in_rate && s->format == t->in_format &&
           t->av->av_channel_layout_compare(&s->ch_layout, &t->in_layout) == 0;
}

static bool open_resampler(struct transcoder *t, const AVFrame *s, enum AVSampleFormat format)
{
    AVChannelLayout out = { 0 }, in = { 0 };
    t->av->swr_free(&t->resampler);
    t->av->av_channel_layout_default(&out, t->channels);
    if (s->ch_layout.order == AV_CHANNEL_ORDER_UNSPEC)
        t->av->av_channel_layout_default(&in, s->ch_layout.nb_channels);
    else if (t->av->av_channel_layout_copy(&in, &s->ch_layout) < 0)
        return false;
    bool is_open = t->av->swr_alloc_set_opts2(&t->resampler, &out, format, SOUND_RATE, &in, s->format, s->sample_rate,
                                              0, NULL) >= 0;
    if (is_open) {
        t->av->av_opt_set_double(t->resampler, "rematrix_maxval", 1,
                                 0); /* Several channels that become one do not clip. */
        t->av->av_opt_set_int(t->resampler, "flags", SWR_FLAG_RESAMPLE, 0); /* It may have to stretch. */
        is_open = t->av->swr_init(t->resampler) >= 0;
    }
    t->av->av_channel_layout_uninit(&in);
    if (!is_open)
        t->av->swr_free(&t->resampler);
    return is_open;
}

/* Make the resampler for this kind of samples; another number of channels needs another encoder. */
static bool set_up_resampler(struct transcoder *t, const AVFrame *s)
{
    int channels = s->ch_layout.nb_channels == 1 ? 1 : 2;
    if (fits_resampler(t, s))
        return true;
    if (channels != t->channels)
        close_encoder(t);
    t->channels = channels;
    t->in_rate = s->sample_rate;
    t->in_format = s->format;
    if (t->av->av_channel_layout_copy(&t->in_layout, &s->ch_layout) < 0)
        return false;
    return open_resampler(t, s, t->wish.codec == CODEC_OPUS ? AV_SAMPLE_FMT_FLT : AV_SAMPLE_FMT_FLTP);
}

static bool set_up_encoder(struct transcoder *t)
{
    return t->encoder.context || sound_encoder_open(&t->encoder, t->av, t->wish.codec, t->wish.bit_rate, t->channels);
}

/* ---- in ---- */

/* A new stretch of time has its own encoder, so nothing of the old one sounds in it. */
static void begin_anew(struct transcoder *t)
{
    t->counts.n_jumps += t->encoder.context != NULL;
    close_encoder(t);
}

static bool pour_samples(struct transcoder *t, const AVFrame *s)
{
    if (!set_up_resampler(t, s))
        return false;
    int64_t           at = s->pts == AV_NOPTS_VALUE ? t->line.next : sound_line_from_us(s->pts) - resampler_holds(t);
    int               n = (int)((int64_t)s->nb_samples * SOUND_RATE / s->sample_rate);
    struct sound_step step = sound_line_take(&t->line, at, n);
    if (step.is_jump)
        begin_anew(t);
    if (!set_up_encoder(t))
        return false;
    if (step.stretch != 0 && t->av->swr_set_compensation(t->resampler, step.stretch, SOUND_JUDGE) < 0)
        return false;
    if (step.silence > 0 && !pour_silence(t, s, step.silence))
        return false;
    if (step.skip > 0 && t->av->swr_drop_output(t->resampler, step.skip) < 0)
        return false;
    return pour(t, (const uint8_t **)s->extended_data, s->nb_samples);
}

/* After an error all begins anew with the next frame. */
static void start_over(struct transcoder *t)
{
    t->counts.n_errors++;
    sound_encoder_close(&t->encoder);
    t->av->swr_free(&t->resampler);
    t->line = (struct sound_line){ 0 };
}

void transcoder_take(struct transcoder *t, const struct frame                               *f,
                     void (*put_packet)(void *arg, const struct sound_packet *packet), void *arg)
{
    const AVFrame *s;
    t->put = put_packet;
    t->arg = arg;
    t->counts.n_frames += !f->config;
    sound_decoder_give(&t->decoder, f);
    while ((s = sound_decoder_next(&t->decoder)))
        if (!pour_samples(t, s))
            start_over(t);
}

#endif
