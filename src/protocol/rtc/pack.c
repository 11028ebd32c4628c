#include "protocol/rtc/pack.h"

#include "core/mem.h"
#include "kernel/hevc.h"
#include "kernel/opus.h"

static void clear(struct rtp_payloads *out)
{
    out->bytes.max = RTP_PAYLOAD_BYTES_MAX;
    buf_clear(&out->bytes);
    out->bytes.fault = BUF_SOUND;
    out->n = 0;
    out->is_key = out->is_late = out->is_droppable = false;
}

void rtp_payloads_finish(struct rtp_payloads *payloads)
{
    buf_finish(&payloads->bytes);
    mem_free(payloads->list);
    *payloads = (struct rtp_payloads){ 0 };
}

/* ---- sound ---- */

static bool pack_sound(const struct rtp_packer *p, const struct frame *f, struct rtp_payloads *out)
{
    (void)p;
    if (f->media_len > RTP_SOUND_MAX)
        return false;
    packing_begin(out);
    packing_add(out, f->data + f->media_offset, f->media_len);
    return true;
}

/* Opus of more than two channels has several streams in a packet, which RFC 7587 does not know. */
static bool is_plain_opus(const struct frame *config)
{
    struct opus_head head;
    return opus_head_parse(config->data + config->media_offset, config->media_len, &head) && head.mapping_family == 0;
}

static bool pack_opus(const struct rtp_packer *p, const struct frame *f, struct rtp_payloads *out)
{
    return (!p->config || is_plain_opus(p->config)) && pack_sound(p, f, out);
}

/* ---- the packer ---- */

static bool (*const packs[])(const struct rtp_packer *, const struct frame *, struct rtp_payloads *) = {
    [CODEC_H264] = pack_nalus, [CODEC_HEVC] = pack_nalus, [CODEC_AV1] = pack_av1,    [CODEC_VP8] = pack_vp8,
    [CODEC_VP9] = pack_vp9,    [CODEC_OPUS] = pack_opus,  [CODEC_PCMA] = pack_sound, [CODEC_PCMU] = pack_sound,
};

bool rtp_packs(enum codec codec)
{
    return (size_t)codec < sizeof packs / sizeof *packs && packs[codec];
}

void rtp_packer_init(struct rtp_packer *p, enum codec codec)
{
    *p = (struct rtp_packer){ .codec = codec, .keep_sei = true, .shown_us = INT64_MIN };
}

void rtp_packer_finish(struct rtp_packer *p)
{
    frame_unref(&p->config);
}

/* The highest TemporalId of a stream, by its parameter set; 0 if that cannot be read. */
static unsigned top_layer(const struct frame *config)
{
    struct hevc_config c;
    struct nalu        sps;
    struct hevc_sps    s;
    bool               is_read = hevc_config_parse(config->data + config->media_offset, config->media_len, &c) &&
                   hevc_config_find(&c, HEVC_NALU_SPS, &sps) && hevc_sps_parse(sps, &s);
    return is_read && s.n_sub_layers > 0 ? s.n_sub_layers - 1U : 0;
}

void rtp_packer_configure(struct rtp_packer *p, struct frame *f)
{
    frame_unref(&p->config);
    p->config = frame_ref(f);
    if (p->codec == CODEC_HEVC)
        p->top_layer = top_layer(f);
}

/* Move the packer over a picture. */
static void follow_picture(struct rtp_packer *p, const struct frame *f, struct rtp_payloads *out)
{
    out->is_key = f->key;
    out->is_late = !f->key && f->pts_us < p->shown_us;
    out->is_droppable &= out->is_late;
    if (f->key || f->pts_us > p->shown_us)
        p->shown_us = f->pts_us;
}

bool rtp_pack(struct rtp_packer *p, struct frame *f, struct rtp_payloads *out)
{
    clear(out);
    if (f->codec != p->codec || !rtp_packs(p->codec))
        return false;
    if (f->config)
        rtp_packer_configure(p, f);
    if (frame_is_header(f))
        return true;
    bool is_whole = packs[p->codec](p, f, out) && !out->bytes.fault;
    if (is_whole && f->kind == FRAME_VIDEO && out->n > 0) /* SEI alone is no picture. */
        follow_picture(p, f, out);
    if (!is_whole)
        clear(out);
    return is_whole;
}
