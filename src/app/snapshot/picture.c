#include "app/snapshot/picture.h"

#include <string.h>

#include "app/ffmpeg/libav.h"
#include "core/attr.h"
#include "core/mem.h"
#include "core/str.h"

static const struct {
    const char *extension, *type, *encoder;
} formats[PICTURE_FORMATS] = {
    [PICTURE_JPEG] = { "jpg", "image/jpeg", "mjpeg" },
    [PICTURE_WEBP] = { "webp", "image/webp", "libwebp" },
    [PICTURE_I420] = { "yuv", "application/octet-stream", "rawvideo" },
};

const char *picture_type(enum picture_format format)
{
    return formats[format].type;
}

const char *picture_extension(enum picture_format format)
{
    return formats[format].extension;
}

bool picture_parse_extension(const char *extension, enum picture_format *format)
{
    extension += *extension == '.';
    *format = str_equal(extension, "webp") ? PICTURE_WEBP : PICTURE_JPEG;
    return *format == PICTURE_WEBP || str_equal(extension, "jpg") || str_equal(extension, "jpeg");
}

/* ---- size ---- */

static int side(double length)
{
    return length < 1 ? 1 : length > PICTURE_SIDE_MAX ? PICTURE_SIDE_MAX : (int)(length + 0.5);
}

void picture_fit(int *width, int *height, int num, int den, const struct picture_wish *wish)
{
    /* A shape beyond this is a mistake of the encoder. */
    bool   is_shape = num > 0 && den > 0 && num / 16 <= den && den / 16 <= num;
    double w = is_shape ? (double)*width * num / den : *width, h = *height;
    double box_w = wish->width > 0 && wish->width <= PICTURE_SIDE_MAX ? wish->width : PICTURE_SIDE_MAX;
    double box_h = wish->height > 0 && wish->height <= PICTURE_SIDE_MAX ? wish->height : PICTURE_SIDE_MAX;
    double scale = box_w / w < box_h / h ? box_w / w : box_h / h;
    if (wish->width <= 0 && wish->height <= 0 && scale > 1)
        scale = 1;
    *width = side(w * scale);
    *height = side(h * scale);
}

/* ---- decoding and encoding ---- */

static enum picture_result fail(struct picture *out, enum picture_result result, const char *why)
{
    str_copy(out->why, sizeof out->why, why);
    return result;
}

#ifndef WITH_SNAPSHOTS

enum picture_result picture_make(const struct picture_bits *bits, const struct picture_wish *wish, struct picture *out)
{
    (void)bits;
    (void)wish;
    *out = (struct picture){ 0 };
    return fail(out, PICTURE_UNBUILT, "the server was built without FFmpeg's libraries");
}

enum picture_result picture_encode(const uint8_t *i420, int width, int height, enum picture_format format,
                                   struct picture *out)
{
    (void)i420;
    (void)width;
    (void)height;
    (void)format;
    *out = (struct picture){ 0 };
    return fail(out, PICTURE_UNBUILT, "the server was built without FFmpeg's libraries");
}

#else

struct maker {
    const struct libav        *av;
    const struct picture_bits *bits;
    const struct picture_wish *wish;
    AVCodecContext            *decoder, *encoder;
    AVPacket                  *packet;
    AVFrame                   *decoded, *scaled;
    struct SwsContext         *scaler;
    int                        n_buffers;
    size_t                     buffer_bytes;
    int64_t                    until_us;
    struct picture            *out;
    const uint8_t             *planes; /* in place of bits */
    int                        planes_width, planes_height;
};

/* Codecs of which a key frame is a picture by itself. */
static enum AVCodecID av_codec(enum codec codec)
{
    switch (codec) {
    case CODEC_H264: return AV_CODEC_ID_H264;
    case CODEC_HEVC: return AV_CODEC_ID_HEVC;
    case CODEC_AV1: return AV_CODEC_ID_AV1;
    case CODEC_VP8: return AV_CODEC_ID_VP8;
    case CODEC_VP9: return AV_CODEC_ID_VP9;
    default: return AV_CODEC_ID_NONE;
    }
}

/* The decoder asks for a picture. One that makes many out of one packet, or takes long, gets none. */
static int get_buffer(AVCodecContext *decoder, AVFrame *frame, int flags)
{
    struct maker *m = decoder->opaque;
    if (++m->n_buffers > PICTURE_BUFFERS_MAX || thread_cpu_us() > m->until_us)
        return AVERROR(ENOMEM);
    int result = m->av->avcodec_default_get_buffer2(decoder, frame, flags);
    for (int i = 0; result >= 0 && i < AV_NUM_DATA_POINTERS && frame->buf[i]; i++)
        m->buffer_bytes += (size_t)frame->buf[i]->size;
    if (m->buffer_bytes <= PICTURE_MEMORY_MAX)
        return result;
    m->av->av_frame_unref(frame);
    return AVERROR(ENOMEM);
}

static bool give_config(struct maker *m)
{
    const struct picture_bits *b = m->bits;
    if (b->config_len == 0)
        return true;
    m->decoder->extradata = m->av->av_mallocz(b->config_len + AV_INPUT_BUFFER_PADDING_SIZE);
    if (!m->decoder->extradata)
        return false;
    memcpy(m->decoder->extradata, b->config, b->config_len);
    m->decoder->extradata_size = (int)b->config_len;
    return true;
}

static enum picture_result open_decoder(struct maker *m)
{
    enum AVCodecID id = av_codec(m->bits->codec);
    const AVCodec *codec = id == AV_CODEC_ID_NONE ? NULL : m->av->avcodec_find_decoder(id);
    if (id == AV_CODEC_ID_NONE)
        return fail(m->out, PICTURE_UNKNOWN, "no pictures are made of this codec");
    if (!codec)
        return fail(m->out, PICTURE_UNBUILT, "libavcodec has no decoder for this codec");
    m->decoder = m->av->avcodec_alloc_context3(codec);
    if (!m->decoder || !give_config(m))
        return PICTURE_NO_MEMORY;
    m->decoder->thread_count = 1;
    m->decoder->max_pixels = PICTURE_PIXELS_MAX;
    m->decoder->opaque = m;
    m->decoder->get_buffer2 = get_buffer;
    if (m->av->avcodec_open2(m->decoder, codec, NULL) < 0)
        return fail(m->out, PICTURE_BROKEN, "the codec's configuration is damaged, or for too many pixels");
    return PICTURE_MADE;
}

static enum picture_result decode(struct maker *m)
{
    if (m->bits->len > PICTURE_BITS_MAX || m->bits->config_len > PICTURE_BITS_MAX)
        return fail(m->out, PICTURE_BROKEN, "the key frame is too large");
    m->packet = m->av->av_packet_alloc();
    m->decoded = m->av->av_frame_alloc();
    if (!m->packet || !m->decoded || m->av->av_new_packet(m->packet, (int)m->bits->len) < 0)
        return PICTURE_NO_MEMORY;
    memcpy(m->packet->data, m->bits->bytes, m->bits->len);
    m->packet->flags |= AV_PKT_FLAG_KEY;
    /* A packet without a picture is an error here or there, according to the codec. */
    bool is_sent =
        m->av->avcodec_send_packet(m->decoder, m->packet) >= 0 && m->av->avcodec_send_packet(m->decoder, NULL) >= 0;
    if (!is_sent || m->av->avcodec_receive_frame(m->decoder, m->decoded) < 0)
        return fail(m->out, PICTURE_BROKEN, "the key frame is no picture by itself, or has too many pixels");
    if (m->decoded->decode_error_flags || (m->decoded->flags & AV_FRAME_FLAG_CORRUPT))
        return fail(m->out, PICTURE_BROKEN, "the key frame is damaged");
    if ((int64_t)m->decoded->width * m->decoded->height > PICTURE_PIXELS_MAX)
        return fail(m->out, PICTURE_BROKEN, "the key frame has too many pixels");
    return PICTURE_MADE;
}

/* The colours of a video that names none are those of its size: ITU-R BT.709 from 720 lines on, below BT.601. */
static int color_space(const AVFrame *f)
{
    switch (f->colorspace) {
    case AVCOL_SPC_UNSPECIFIED: return f->height >= 720 ? SWS_CS_ITU709 : SWS_CS_ITU601;
    case AVCOL_SPC_BT709: return SWS_CS_ITU709;
    case AVCOL_SPC_BT2020_NCL:
    case AVCOL_SPC_BT2020_CL: return SWS_CS_BT2020;
    case AVCOL_SPC_SMPTE240M: return SWS_CS_SMPTE240M;
    case AVCOL_SPC_FCC: return SWS_CS_FCC;
    default: return SWS_CS_ITU601;
    }
}

/* Pictures have the colours of BT.601: JFIF and bare planes with the full range, WebP with the range of video. */
static bool open_scaler(struct maker *m, bool is_full)
{
    const struct libav *av = m->av;
    const AVFrame      *from = m->decoded, *to = m->scaled;
    bool                is_full_after = to->color_range == AVCOL_RANGE_JPEG;
    const struct {
        const char *name;
        int         value;
    } options[] = {
        { "srcw", from->width },      { "srch", from->height },       { "src_format", from->format },
        { "src_range", is_full },     { "dstw", to->width },          { "dsth", to->height },
        { "dst_format", to->format }, { "dst_range", is_full_after }, { "sws_flags", SWS_AREA },
    };
    m->scaler = av->sws_alloc_context();
    for (size_t i = 0; m->scaler && i < ARRAY_LEN(options); i++)
        if (av->av_opt_set_int(m->scaler, options[i].name, options[i].value, 0) < 0)
            return false;
    if (!m->scaler || av->sws_init_context(m->scaler, NULL, NULL) < 0)
        return false;
    (void)av->sws_setColorspaceDetails(m->scaler, av->sws_getCoefficients(color_space(from)), is_full,
                                       av->sws_getCoefficients(SWS_CS_ITU601), is_full_after, 0, 1 << 16, 1 << 16);
    return true;
}

static enum picture_result scale(struct maker *m)
{
    const AVFrame *f = m->decoded;
    bool           is_full = f->color_range == AVCOL_RANGE_JPEG || f->format == AV_PIX_FMT_YUVJ420P ||
                   f->format == AV_PIX_FMT_YUVJ422P || f->format == AV_PIX_FMT_YUVJ444P;
    m->scaled = m->av->av_frame_alloc();
    if (!m->scaled)
        return PICTURE_NO_MEMORY;
    m->scaled->width = f->width;
    m->scaled->height = f->height;
    picture_fit(&m->scaled->width, &m->scaled->height, f->sample_aspect_ratio.num, f->sample_aspect_ratio.den, m->wish);
    m->scaled->format = AV_PIX_FMT_YUV420P;
    m->scaled->color_range = m->wish->format == PICTURE_WEBP ? AVCOL_RANGE_MPEG : AVCOL_RANGE_JPEG;
    if (m->av->av_frame_get_buffer(m->scaled, 0) < 0 || !open_scaler(m, is_full))
        return PICTURE_NO_MEMORY;
    int n = m->av->sws_scale(m->scaler, (const uint8_t *const *)f->data, f->linesize, 0, f->height, m->scaled->data,
                             m->scaled->linesize);
    return n == m->scaled->height ? PICTURE_MADE : PICTURE_NO_MEMORY;
}

static enum picture_result open_encoder(struct maker *m)
{
    enum { JPEG_QUANTISER = 4 }; /* 2 to 31: the lower, the better */
    const AVCodec *codec = m->av->avcodec_find_encoder_by_name(formats[m->wish->format].encoder);
    if (!codec)
        return fail(m->out, PICTURE_UNBUILT, "libavcodec has no encoder for this format");
    m->encoder = m->av->avcodec_alloc_context3(codec);
    if (!m->encoder)
        return PICTURE_NO_MEMORY;
    m->encoder->width = m->scaled->width;
    m->encoder->height = m->scaled->height;
    m->encoder->pix_fmt = m->scaled->format;
    m->encoder->color_range = m->scaled->color_range;
    m->encoder->time_base = (AVRational){ 1, 25 };
    m->encoder->thread_count = 1;
    if (m->wish->format == PICTURE_JPEG) {
        m->encoder->flags |= AV_CODEC_FLAG_QSCALE;
        m->encoder->global_quality = JPEG_QUANTISER * FF_QP2LAMBDA;
        m->scaled->quality = m->encoder->global_quality;
    }
    return m->av->avcodec_open2(m->encoder, codec, NULL) < 0 ? PICTURE_NO_MEMORY : PICTURE_MADE;
}

static enum picture_result encode(struct maker *m)
{
    m->av->av_packet_free(&m->packet);
    m->packet = m->av->av_packet_alloc();
    if (!m->packet || m->av->avcodec_send_frame(m->encoder, m->scaled) < 0 ||
        m->av->avcodec_send_frame(m->encoder, NULL) < 0 || m->av->avcodec_receive_packet(m->encoder, m->packet) < 0)
        return PICTURE_NO_MEMORY;
    m->out->bytes = mem_alloc((size_t)m->packet->size);
    if (!m->out->bytes)
        return PICTURE_NO_MEMORY;
    m->out->len = (size_t)m->packet->size;
    m->out->width = m->scaled->width;
    m->out->height = m->scaled->height;
    memcpy(m->out->bytes, m->packet->data, m->out->len);
    return PICTURE_MADE;
}

static void finish(struct maker *m)
{
    m->av->sws_freeContext(m->scaler);
    m->av->av_packet_free(&m->packet);
    m->av->av_frame_free(&m->scaled);
    m->av->av_frame_free(&m->decoded);
    m->av->avcodec_free_context(&m->encoder);
    m->av->avcodec_free_context(&m->decoder);
}

/* Take the steps until one fails. */
static enum picture_result run(struct maker *m, enum picture_result (*const *steps)(struct maker *m), size_t n)
{
    enum picture_result result = PICTURE_MADE;
    *m->out = (struct picture){ 0 };
    m->until_us = thread_cpu_us() + PICTURE_US;
    m->av = libav_open(LIBAV_PICTURES, m->out->why, sizeof m->out->why);
    if (!m->av)
        return PICTURE_UNBUILT;
    for (size_t i = 0; i < n && result == PICTURE_MADE; i++)
        result =
            thread_cpu_us() > m->until_us ? fail(m->out, PICTURE_BROKEN, "the key frame takes too long") : steps[i](m);
    if (result == PICTURE_NO_MEMORY)
        (void)fail(m->out, result, "there is no memory for the picture");
    finish(m);
    return result;
}

enum picture_result picture_make(const struct picture_bits *bits, const struct picture_wish *wish, struct picture *out)
{
    static enum picture_result (*const steps[])(struct maker * m) = { open_decoder, decode, scale, open_encoder,
                                                                      encode };
    struct maker m = { .bits = bits, .wish = wish, .out = out };
    return run(&m, steps, ARRAY_LEN(steps));
}

/* The planes take the place of a picture that was decoded; those of WebP have another range. */
static enum picture_result take_planes(struct maker *m)
{
    int width = m->planes_width, height = m->planes_height;
    m->decoded = m->av->av_frame_alloc();
    if (!m->decoded)
        return PICTURE_NO_MEMORY;
    m->decoded->width = width;
    m->decoded->height = height;
    m->decoded->format = AV_PIX_FMT_YUV420P;
    m->decoded->color_range = AVCOL_RANGE_JPEG;
    m->decoded->colorspace = AVCOL_SPC_SMPTE170M;
    m->decoded->linesize[0] = width;
    m->decoded->linesize[1] = m->decoded->linesize[2] = width / 2;
    m->decoded->data[0] = (uint8_t *)m->planes; /* read by the scaler alone */
    m->decoded->data[1] = m->decoded->data[0] + (size_t)width * (size_t)height;
    m->decoded->data[2] = m->decoded->data[1] + (size_t)width * (size_t)height / 4;
    return PICTURE_MADE;
}

enum picture_result picture_encode(const uint8_t *i420, int width, int height, enum picture_format format,
                                   struct picture *out)
{
    static enum picture_result (*const steps[])(struct maker * m) = { take_planes, scale, open_encoder, encode };
    const struct picture_wish wish = { .format = format };
    struct maker m = { .planes = i420, .planes_width = width, .planes_height = height, .wish = &wish, .out = out };
    return run(&m, steps, ARRAY_LEN(steps));
}

#endif
