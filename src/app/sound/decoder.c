#include "app/sound/decoder.h"

#ifdef WITH_SOUND

#include <string.h>

#include "core/attr.h"
#include "kernel/opus.h"

/* The codecs for which decoders are opened. */
static const struct decoder_kind {
    enum codec     codec;
    enum AVCodecID id;
    bool           needs_config;
    int            n_to_drop;
    int            rate; /* 0: the bits tell */
} kinds[] = {
    { CODEC_AAC, AV_CODEC_ID_AAC, true, 1, 0 },
    { CODEC_MP3, AV_CODEC_ID_MP3, false, 2, 0 }, /* The first frames may lack the bits that came before them. */
    { CODEC_OPUS, AV_CODEC_ID_OPUS, false, 0, OPUS_RATE },
    { CODEC_FLAC, AV_CODEC_ID_FLAC, true, 0, 0 },
    { CODEC_AC3, AV_CODEC_ID_AC3, false, 1, 0 },
    { CODEC_EAC3, AV_CODEC_ID_EAC3, false, 1, 0 },
    { CODEC_PCMA, AV_CODEC_ID_PCM_ALAW, false, 0, 8000 },
    { CODEC_PCMU, AV_CODEC_ID_PCM_MULAW, false, 0, 8000 },
};

static const struct decoder_kind *kind_of(enum codec codec)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (kinds[i].codec == codec)
            return &kinds[i];
    return NULL;
}

bool sound_decoder_init(struct sound_decoder *d, const struct libav *av)
{
    *d = (struct sound_decoder){ .av = av, .packet = av->av_packet_alloc(), .samples = av->av_frame_alloc() };
    return d->packet && d->samples;
}

static void close_context(struct sound_decoder *d)
{
    if (d->context)
        d->av->avcodec_free_context(&d->context);
}

void sound_decoder_finish(struct sound_decoder *d)
{
    if (!d->av)
        return;
    close_context(d);
    d->av->av_packet_free(&d->packet);
    d->av->av_frame_free(&d->samples);
}

/* The same configuration again does not disturb the decoder. */
static void take_config(struct sound_decoder *d, const struct frame *f)
{
    const uint8_t *bytes = f->data + f->media_offset;
    if (f->media_len > sizeof d->config) {
        d->n_errors++;
        return;
    }
    if (f->codec == d->codec && f->media_len == d->config_len && memcmp(d->config, bytes, d->config_len) == 0)
        return;
    close_context(d);
    d->codec = f->codec;
    d->config_len = f->media_len;
    memcpy(d->config, bytes, f->media_len);
}

/* Opus in a stream begins anywhere: nothing is to be skipped, and times are those of its samples. */
static void clear_pre_skip(AVCodecContext *c)
{
    enum { AT = 10 };
    if (c->extradata_size >= OPUS_HEAD_LEN)
        c->extradata[AT] = c->extradata[AT + 1] = 0;
}

static bool give_config(struct sound_decoder *d)
{
    AVCodecContext *c = d->context;
    if (d->config_len == 0)
        return true;
    c->extradata = d->av->av_mallocz(d->config_len + AV_INPUT_BUFFER_PADDING_SIZE);
    if (!c->extradata)
        return false;
    memcpy(c->extradata, d->config, d->config_len);
    c->extradata_size = (int)d->config_len;
    if (d->codec == CODEC_OPUS)
        clear_pre_skip(c);
    return true;
}

/* Where neither bits nor configuration tell the number of channels, the frame does, or it is the usual one. */
static int channels_of(const struct frame *f)
{
    if (f->codec == CODEC_OPUS)
        return 2;
    return f->channels == 2 ? 2 : 1;
}

static bool open_context(struct sound_decoder *d, const struct decoder_kind *kind, const struct frame *f)
{
    const AVCodec *codec = d->av->avcodec_find_decoder(kind->id);
    if (!codec || (kind->needs_config && d->config_len == 0) || !(d->context = d->av->avcodec_alloc_context3(codec)))
        return false;
    AVCodecContext *c = d->context;
    c->thread_count = 1;
    c->max_samples = SOUND_SAMPLES_MAX;
    c->pkt_timebase = (AVRational){ 1, 1000000 };
    if (kind->rate) {
        c->sample_rate = kind->rate;
        d->av->av_channel_layout_default(&c->ch_layout, channels_of(f));
    }
    d->n_to_drop = kind->n_to_drop;
    if (give_config(d) && d->av->avcodec_open2(c, codec, NULL) >= 0)
        return true;
    close_context(d);
    return false;
}

static bool send(struct sound_decoder *d, const struct frame *f)
{
    if (d->av->av_new_packet(d->packet, (int)f->media_len) < 0)
        return false;
    memcpy(d->packet->data, f->data + f->media_offset, f->media_len);
    d->packet->pts = d->packet->dts = f->pts_us;
    bool is_sent = d->av->avcodec_send_packet(d->context, d->packet) >= 0;
    d->av->av_packet_unref(d->packet);
    return is_sent;
}

void sound_decoder_give(struct sound_decoder *d, const struct frame *f)
{
    const struct decoder_kind *kind = kind_of(f->codec);
    if (!kind) {
        d->n_errors++;
        return;
    }
    if (f->config) {
        take_config(d, f);
        return;
    }
    if (f->media_len == 0)
        return;
    if (f->codec != d->codec) {
        close_context(d);
        d->codec = f->codec;
        d->config_len = 0;
    }
    if (f->media_len > SOUND_PACKET_MAX || (!d->context && !open_context(d, kind, f)) || !send(d, f))
        d->n_errors++;
}

static bool is_within_bounds(const AVFrame *s)
{
    return s->nb_samples > 0 && s->nb_samples <= SOUND_SAMPLES_MAX && s->sample_rate >= SOUND_RATE_MIN &&
           s->sample_rate <= SOUND_RATE_MAX && s->ch_layout.nb_channels >= 1 &&
           s->ch_layout.nb_channels <= SOUND_CHANNELS_MAX;
}

const AVFrame *sound_decoder_next(struct sound_decoder *d)
{
    int result = AVERROR(EAGAIN);
    while (d->context && (result = d->av->avcodec_receive_frame(d->context, d->samples)) >= 0) {
        if (d->n_to_drop > 0)
            d->n_to_drop--;
        else if (is_within_bounds(d->samples))
            return d->samples;
        else
            d->n_errors++;
    }
    d->n_errors += result != AVERROR(EAGAIN) && result != AVERROR_EOF;
    return NULL;
}

#endif
