#include "kernel/frame_make.h"

#include <string.h>

#include "core/wr.h"
#include "kernel/aac.h"
#include "kernel/av1.h"
#include "kernel/avc.h"
#include "kernel/flv_frame.h"
#include "kernel/hevc.h"
#include "kernel/opus.h"
#include "kernel/sound.h"
#include "kernel/times.h"
#include "kernel/vp9.h"

enum { US_PER_SECOND = 1000000 };

/* ---- one frame ---- */

static bool write_head(struct wr *w, const struct frame_unit *u, enum flv_packet packet, bool key)
{
    struct flv_body body = {
        .codec = (uint8_t)u->codec,
        .packet = (uint8_t)packet,
        .track = u->track,
        .frame_type = key ? FLV_KEY_FRAME : FLV_INTER_FRAME,
        .channels = u->channels,
        .cts_ms = packet == FLV_PACKET_CODED ? (int32_t)(ms_from_us(u->pts_us) - ms_from_us(u->dts_us)) : 0,
    };
    return codec_kind(u->codec) == FRAME_VIDEO ? flv_body_write_video_head(w, &body)
                                               : flv_body_write_audio_head(w, &body);
}

/* Make a frame with its head and room for `media_len` bytes, which `*w` writes. NULL if memory is out. */
static struct frame *begin_frame(const struct frame_unit *u, const uint8_t *head, size_t head_len, size_t media_len,
                                 struct wr *w)
{
    struct frame *f = frame_new(head_len + media_len);
    if (!f)
        return NULL;
    f->kind = (uint8_t)codec_kind(u->codec);
    f->dts_us = u->dts_us;
    *w = wr_over(f->data, head_len + media_len);
    wr_bytes(w, head, head_len);
    return f;
}

/* Set the frame type in the head, which was written before the NAL units were read: bits 4 to 6 (Adobe FLV 10.1 E.4.3.1,
 * Enhanced RTMP). */
static void mark_key(struct frame *f)
{
    f->data[0] = (uint8_t)((f->data[0] & 0x8f) | FLV_KEY_FRAME << 4);
}

/* Set the fields from the body, and then the exact times. */
static enum frame_made end_frame(struct frame_maker *m, const struct frame_unit *u, struct frame *f, const struct wr *w,
                                 struct frame **out)
{
    f->len = (uint32_t)wr_len(w);
    if (w->full || flv_frame_parse(f, &m->forms) != FLV_PARSE_OK) {
        frame_unref(&f);
        return FRAME_MAKE_BAD;
    }
    if (f->key)
        mark_key(f);
    if (!frame_is_header(f) && f->kind == FRAME_VIDEO)
        f->pts_us = u->pts_us;
    *out = f;
    return FRAME_MADE;
}

static enum frame_made copy_media(struct frame_maker *m, const struct frame_unit *u, enum flv_packet packet, bool key,
                                  const uint8_t *bytes, size_t len, struct frame **out)
{
    uint8_t       head[FLV_BODY_HEAD_MAX];
    struct wr     before = wr_over(head, sizeof head), w;
    struct frame *f;
    if (!write_head(&before, u, packet, key))
        return FRAME_MAKE_BAD;
    if (!(f = begin_frame(u, head, wr_len(&before), len, &w)))
        return FRAME_MAKE_NO_MEMORY;
    wr_bytes(&w, bytes, len);
    return end_frame(m, u, f, &w, out);
}

/* ---- NAL units behind start codes ---- */

struct nalu_look {
    bool   has_sets; /* There are parameter sets of all kinds that a configuration record needs. */
    size_t len;      /* bytes of the units that go into the picture, with four-byte lengths */
};

static bool is_hevc(const struct frame_unit *u)
{
    return u->codec == CODEC_HEVC;
}

/* The kind of parameter set as a bit: 1, 2, 4; 0: none. */
static unsigned set_of(struct nalu n, bool hevc)
{
    if (!hevc)
        return avc_nalu_type(n) == AVC_NALU_SPS ? 1 : avc_nalu_type(n) == AVC_NALU_PPS ? 2 : 0;
    unsigned type = hevc_nalu_type(n);
    return type >= HEVC_NALU_VPS && type <= HEVC_NALU_PPS ? 1u << (type - HEVC_NALU_VPS) : 0;
}

static bool is_delimiter(struct nalu n, bool hevc)
{
    return hevc ? hevc_nalu_type(n) == HEVC_NALU_AUD : avc_nalu_type(n) == AVC_NALU_AUD;
}

static bool goes_into_picture(struct nalu n, bool hevc, bool without_sets)
{
    return !is_delimiter(n, hevc) && !(without_sets && set_of(n, hevc));
}

static struct nalu_look look_at_nalus(const struct frame_unit *u, bool without_sets)
{
    struct nalu_look look = { 0 };
    struct rd        r = u->bytes;
    struct nalu      n;
    unsigned         sets = 0;
    while (nalu_next_annexb(&r, &n)) {
        sets |= set_of(n, is_hevc(u));
        if (goes_into_picture(n, is_hevc(u), without_sets))
            look.len += NALU_LENGTHS_4 + n.len;
    }
    look.has_sets = sets == (is_hevc(u) ? 7u : 3u);
    return look;
}

static bool nalu_record(const struct frame_unit *u, struct wr *w)
{
    size_t len = rd_left(&u->bytes);
    if (!look_at_nalus(u, false).has_sets)
        return false;
    return is_hevc(u) ? hevc_config_write_from_annexb(w, u->bytes.p, len)
                      : avc_config_write_from_annexb(w, u->bytes.p, len);
}

static enum frame_made make_picture(struct frame_maker *m, const struct frame_unit *u, bool without_sets,
                                    struct frame **out)
{
    uint8_t          head[FLV_BODY_HEAD_MAX];
    struct nalu_look look = look_at_nalus(u, without_sets);
    struct rd        r = u->bytes;
    struct nalu      n;
    struct wr        before = wr_over(head, sizeof head), w;
    struct frame    *f;
    if (look.len == 0)
        return FRAME_MAKE_END; /* The unit has only parameter sets. */
    if (!write_head(&before, u, FLV_PACKET_CODED, u->is_key))
        return FRAME_MAKE_BAD;
    if (!(f = begin_frame(u, head, wr_len(&before), look.len, &w)))
        return FRAME_MAKE_NO_MEMORY;
    while (nalu_next_annexb(&r, &n)) {
        if (!goes_into_picture(n, is_hevc(u), without_sets))
            continue;
        wr_u32(&w, (uint32_t)n.len);
        wr_bytes(&w, n.p, n.len);
    }
    return end_frame(m, u, f, &w, out);
}

/* ---- OBUs ---- */

static enum frame_made make_temporal_unit(struct frame_maker *m, const struct frame_unit *u, struct frame **out)
{
    enum { OBU_HEAD_MAX = 1 + 8 };
    uint8_t        head[FLV_BODY_HEAD_MAX];
    struct rd      r = u->bytes, counted = u->bytes;
    struct av1_obu obu;
    struct wr      before = wr_over(head, sizeof head), w;
    struct frame  *f;
    size_t         len = 0;
    while (av1_next_obu(&counted, &obu))
        len += obu.len + OBU_HEAD_MAX;
    if (counted.bad || !write_head(&before, u, FLV_PACKET_CODED, u->is_key || av1_is_key(r)))
        return FRAME_MAKE_BAD;
    if (!(f = begin_frame(u, head, wr_len(&before), len, &w)))
        return FRAME_MAKE_NO_MEMORY;
    while (av1_next_obu(&r, &obu))
        if (obu.type != AV1_OBU_TEMPORAL_DELIMITER)
            av1_write_obu(&w, &obu);
    if (wr_len(&w) == wr_len(&before)) {
        frame_unref(&f);
        return FRAME_MAKE_END;
    }
    return end_frame(m, u, f, &w, out);
}

/* ---- frames in a row ---- */

static bool read_sound(const struct frame_unit *u, struct sound *s)
{
    bool in_a_row = u->form == UNIT_STREAM &&
                    (u->codec == CODEC_AAC || u->codec == CODEC_MP3 || u->codec == CODEC_AC3 || u->codec == CODEC_EAC3);
    *s = (struct sound){ .len = rd_left(&u->bytes) };
    return !in_a_row || sound_next(u->codec, u->bytes.p, rd_left(&u->bytes), s) == SOUND_FRAME;
}

static enum frame_made make_sound(struct frame_maker *m, struct frame_unit *u, struct frame **out)
{
    struct sound s;
    if (!read_sound(u, &s))
        return FRAME_MAKE_BAD;
    enum frame_made made = copy_media(m, u, FLV_PACKET_CODED, false, u->bytes.p + s.skip, s.len, out);
    rd_bytes(&u->bytes, s.skip + s.len);
    if (s.rate) {
        int64_t step_us = ((int64_t)s.samples * US_PER_SECOND + s.rate / 2) / s.rate;
        u->dts_us += step_us;
        u->pts_us += step_us;
    }
    return made;
}

/* ---- configurations ---- */

static struct frame **held_config(struct frame_maker *m, const struct frame_unit *u)
{
    for (size_t i = 0; i < FRAME_MAKER_TRACKS; i++) {
        struct frame *f = m->configs[i];
        if (!f || (f->kind == codec_kind(u->codec) && f->track == u->track))
            return &m->configs[i];
    }
    return &m->configs[FRAME_MAKER_TRACKS - 1];
}

static bool adts_record(const struct frame_unit *u, struct wr *w)
{
    struct aac_adts adts;
    return aac_adts_parse(u->bytes.p, rd_left(&u->bytes), &adts) && aac_config_write(w, &adts);
}

static bool vpx_record(const struct frame_unit *u, struct wr *w)
{
    size_t            len = rd_left(&u->bytes);
    struct vp9_config config = vp8_config;
    bool ok = u->codec == CODEC_VP8 ? vp8_is_key(u->bytes.p, len) : vp9_config_of_key_frame(u->bytes.p, len, &config);
    if (ok)
        vp9_config_write(w, &config);
    return ok;
}

/* Write an OpusHead. One that was received tells more than the signalling, so it is kept if the channels agree. */
static bool opus_record(struct frame_maker *m, const struct frame_unit *u, struct wr *w)
{
    const struct frame *held = *held_config(m, u);
    struct opus_head    head;
    bool                is_told = held && held->codec == CODEC_OPUS && held->track == u->track &&
                   opus_head_parse(held->data + held->media_offset, held->media_len, &head) &&
                   head.channels == u->channels;
    return u->channels && !is_told && opus_head_write(w, u->channels);
}

/* Write the configuration record that the unit carries in band. */
static bool in_band_record(struct frame_maker *m, const struct frame_unit *u, struct wr *w)
{
    switch (u->codec) {
    case CODEC_H264:
    case CODEC_HEVC: return u->form == UNIT_STREAM && nalu_record(u, w);
    case CODEC_AAC: return u->form == UNIT_STREAM && adts_record(u, w);
    case CODEC_AV1: return av1_config_write(w, u->bytes);
    case CODEC_VP8:
    case CODEC_VP9: return vpx_record(u, w);
    case CODEC_OPUS: return opus_record(m, u, w);
    default: return false;
    }
}

static bool is_held(struct frame_maker *m, const struct frame_unit *u, const uint8_t *record, size_t len)
{
    const struct frame *f = *held_config(m, u);
    return f && f->codec == u->codec && f->track == u->track && f->media_len == len &&
           memcmp(f->data + f->media_offset, record, len) == 0;
}

/* Make a configuration frame, and remember it for the next comparison. */
static enum frame_made make_config(struct frame_maker *m, const struct frame_unit *u, const uint8_t *record, size_t len,
                                   struct frame **out)
{
    enum frame_made made = copy_media(m, u, FLV_PACKET_CONFIG, true, record, len, out);
    if (made == FRAME_MADE) {
        struct frame **held = held_config(m, u);
        frame_unref(held);
        *held = frame_ref(*out);
    }
    return made;
}

/* ---- the doors ---- */

static enum frame_made make_media(struct frame_maker *m, struct frame_unit *u, bool has_record, struct frame **out)
{
    enum frame_made made;
    if (codec_kind(u->codec) == FRAME_AUDIO)
        return make_sound(m, u, out);
    const uint8_t *bytes = u->bytes.p;
    size_t         len = rd_left(&u->bytes);
    if (u->form == UNIT_STREAM && (u->codec == CODEC_H264 || u->codec == CODEC_HEVC))
        made = make_picture(m, u, has_record, out);
    else if (u->codec == CODEC_AV1)
        made = make_temporal_unit(m, u, out);
    else
        made = copy_media(m, u, FLV_PACKET_CODED, u->is_key || has_record, bytes, len, out);
    u->bytes.p = u->bytes.end;
    return made;
}

static enum frame_made make_next(struct frame_maker *m, struct frame_unit *u, struct frame **out)
{
    uint8_t   record[FRAME_RECORD_MAX];
    struct wr w = wr_over(record, sizeof record);
    size_t    len = rd_left(&u->bytes);
    if (u->form == UNIT_CONFIG) {
        const uint8_t *bytes = rd_bytes(&u->bytes, len);
        return make_config(m, u, bytes, len, out);
    }
    bool has_record = in_band_record(m, u, &w) && !w.full;
    if (has_record && !is_held(m, u, record, wr_len(&w)))
        return make_config(m, u, record, wr_len(&w), out);
    return make_media(m, u, has_record, out);
}

enum frame_made frame_make_next(struct frame_maker *m, struct frame_unit *u, struct frame **out)
{
    *out = NULL;
    if (rd_left(&u->bytes) == 0)
        return FRAME_MAKE_END;
    enum frame_made made = make_next(m, u, out);
    if (made != FRAME_MADE)
        u->bytes.p = u->bytes.end;
    return made;
}

enum flv_parse frame_make_body(struct frame_maker *m, struct frame *f)
{
    return flv_frame_parse(f, &m->forms);
}

bool frame_make_avcc(struct frame_maker *m, struct frame **f)
{
    return flv_frame_to_avcc(f, &m->forms);
}

void frame_maker_finish(struct frame_maker *m)
{
    for (size_t i = 0; i < FRAME_MAKER_TRACKS; i++)
        frame_unref(&m->configs[i]);
    *m = (struct frame_maker){ 0 };
}
