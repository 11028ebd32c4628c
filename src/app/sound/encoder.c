#include "app/sound/encoder.h"

#ifdef WITH_SOUND

#include <string.h>

#include "app/sound/line.h"

/* Samples over which sound fades in and out beside silence that was put in: 5 ms. */
enum { FADE = SOUND_RATE / 200 };

/*
 * Opus. With the lookout for 5 % of loss, libopus adds a copy of the last frame to speech, and leaves music as it is: a higher
 * figure would send music, too, through the coder for speech, which alone has such copies. It tells them apart from complexity 7 on.
 */
static void set_up_opus(const struct libav *av, AVCodecContext *c)
{
    enum { FRAME_MS = 20, LOSS_PERCENT = 5, COMPLEXITY = 7, MONO_BIT_RATE_MAX = 256000 };
    if (c->ch_layout.nb_channels == 1 && c->bit_rate > MONO_BIT_RATE_MAX)
        c->bit_rate = MONO_BIT_RATE_MAX;
    c->compression_level = COMPLEXITY;
    av->av_opt_set_int(c->priv_data, "frame_duration", FRAME_MS, 0);
    av->av_opt_set_int(c->priv_data, "packet_loss", LOSS_PERCENT, 0);
    av->av_opt_set_int(c->priv_data, "fec", 1, 0);
}

/* AAC. The other coder of FFmpeg searches longer, for little gain. */
static void set_up_aac(const struct libav *av, AVCodecContext *c)
{
    av->av_opt_set(c->priv_data, "aac_coder", "fast", 0);
}

bool sound_encoder_open(struct sound_encoder *e, const struct libav *av, enum codec codec, int bit_rate, int channels)
{
    const AVCodec *by = av->avcodec_find_encoder_by_name(codec == CODEC_OPUS ? "libopus" : "aac");
    *e = (struct sound_encoder){ .av = av, .n_rising = FADE };
    if (!by || !(e->context = av->avcodec_alloc_context3(by)))
        return false;
    AVCodecContext *c = e->context;
    c->bit_rate = bit_rate;
    c->sample_rate = SOUND_RATE;
    c->time_base = (AVRational){ 1, SOUND_RATE };
    c->sample_fmt = codec == CODEC_OPUS ? AV_SAMPLE_FMT_FLT : AV_SAMPLE_FMT_FLTP;
    c->thread_count = 1;
    c->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    av->av_channel_layout_default(&c->ch_layout, channels);
    (codec == CODEC_OPUS ? set_up_opus : set_up_aac)(av, c);
    e->packet = av->av_packet_alloc();
    e->samples = av->av_frame_alloc();
    if (e->packet && e->samples && av->avcodec_open2(c, by, NULL) >= 0)
        return true;
    sound_encoder_close(e);
    return false;
}

void sound_encoder_close(struct sound_encoder *e)
{
    if (!e->av)
        return;
    e->av->avcodec_free_context(&e->context);
    e->av->av_packet_free(&e->packet);
    e->av->av_frame_free(&e->samples);
    *e = (struct sound_encoder){ 0 };
}

/* ---- the frame that is being filled ---- */

static bool is_planar(const struct sound_encoder *e)
{
    return e->context->sample_fmt == AV_SAMPLE_FMT_FLTP;
}

static float *sample(const struct sound_encoder *e, int channel, int at)
{
    if (is_planar(e))
        return (float *)e->samples->data[channel] + at;
    return (float *)e->samples->data[0] + (size_t)at * (size_t)e->context->ch_layout.nb_channels + channel;
}

/* The encoder may still hold the samples of the last frame: then there is a new place for them. */
static bool begin_frame(struct sound_encoder *e)
{
    AVFrame *s = e->samples;
    if (s->nb_samples)
        return e->av->av_frame_make_writable(s) >= 0;
    s->format = e->context->sample_fmt;
    s->sample_rate = SOUND_RATE;
    s->nb_samples = e->context->frame_size;
    if (e->av->av_channel_layout_copy(&s->ch_layout, &e->context->ch_layout) >= 0 &&
        e->av->av_frame_get_buffer(s, 0) >= 0)
        return true;
    e->av->av_frame_unref(s);
    return false;
}

int sound_encoder_room(struct sound_encoder *e, uint8_t *planes[2])
{
    if (e->n_filled == 0 && !begin_frame(e))
        return 0;
    planes[0] = (uint8_t *)sample(e, 0, e->n_filled);
    planes[1] = is_planar(e) && e->context->ch_layout.nb_channels == 2 ? (uint8_t *)sample(e, 1, e->n_filled) : NULL;
    return e->samples->nb_samples - e->n_filled;
}

static void scale(const struct sound_encoder *e, int at, float by)
{
    for (int channel = 0; channel < e->context->ch_layout.nb_channels; channel++)
        *sample(e, channel, at) *= by;
}

static void fade_in(struct sound_encoder *e, int n)
{
    for (int i = 0; i < n && e->n_rising > 0; i++)
        scale(e, e->n_filled + i, 1 - (float)e->n_rising-- / FADE);
}

void sound_encoder_soften(struct sound_encoder *e)
{
    int n = e->n_filled < FADE ? e->n_filled : FADE;
    for (int i = 1; i <= n; i++)
        scale(e, e->n_filled - i, (float)(i - 1) / (float)n);
    e->n_rising = FADE;
}

bool sound_encoder_fill(struct sound_encoder *e, int n, int64_t at)
{
    fade_in(e, n);
    if (e->n_filled == 0)
        e->samples->pts = at;
    e->n_filled += n;
    if (e->n_filled < e->samples->nb_samples)
        return true;
    e->n_filled = 0;
    return e->av->avcodec_send_frame(e->context, e->samples) >= 0;
}

bool sound_encoder_drain(struct sound_encoder *e)
{
    if (e->n_filled > 0) {
        sound_encoder_soften(e);
        for (int i = e->n_filled; i < e->samples->nb_samples; i++)
            for (int channel = 0; channel < e->context->ch_layout.nb_channels; channel++)
                *sample(e, channel, i) = 0;
        e->n_rising = e->n_filled = 0;
        if (e->av->avcodec_send_frame(e->context, e->samples) < 0)
            return false;
    }
    return e->av->avcodec_send_frame(e->context, NULL) >= 0;
}

const AVPacket *sound_encoder_next(struct sound_encoder *e)
{
    return e->av->avcodec_receive_packet(e->context, e->packet) >= 0 ? e->packet : NULL;
}

#endif
