#include "kernel/flv_frame.h"

#include "core/rd.h"
#include "core/wr.h"
#include "kernel/avc.h"
#include "kernel/hevc.h"
#include "kernel/nalu.h"
#include "kernel/nalu_form.h"
#include "kernel/times.h"

static bool has_nalus(unsigned codec)
{
    return codec == CODEC_H264 || codec == CODEC_HEVC;
}

static void set_nalus(struct frame *f, const struct nalu_forms *forms)
{
    const uint8_t *media = f->data + f->media_offset;
    bool           hevc = f->codec == CODEC_HEVC;
    enum nalu_form form = nalu_form_of_picture(media, f->media_len, hevc, nalu_forms_told(forms, f));
    f->nalu_form = form;
    f->idr = nalu_holds_idr(media, f->media_len, hevc, form);
}

static void set_video(struct frame *f, const struct flv_body *body, struct nalu_forms *forms)
{
    if (f->config && has_nalus(f->codec))
        nalu_forms_learn(forms, f);
    if (body->packet != FLV_PACKET_CODED || body->media_len == 0)
        return;
    if (has_nalus(f->codec))
        set_nalus(f, forms);
    f->key = f->idr || body->frame_type == FLV_KEY_FRAME || body->frame_type == FLV_GENERATED_KEY_FRAME;
}

static enum frame_note note_of(const struct flv_body *body)
{
    switch (body->packet) {
    case FLV_PACKET_METADATA: return NOTE_COLOR;
    case FLV_PACKET_CHANNELS: return NOTE_CHANNELS;
    case FLV_PACKET_END: return NOTE_END;
    default: return NOTE_NONE;
    }
}

enum flv_parse flv_frame_parse(struct frame *f, struct nalu_forms *forms)
{
    struct flv_body body;
    enum flv_parse  result;
    f->codec = CODEC_NONE;
    f->key = f->config = f->idr = false;
    f->track = 0;
    f->note = NOTE_NONE;
    f->nalu_form = NALU_UNTOLD;
    f->has_cts = f->sized = false;
    f->channels = 0;
    f->sample_rate = 0;
    f->media_offset = 0;
    f->media_len = f->len;
    f->pts_us = f->dts_us;
    if (f->kind == FRAME_SCRIPT)
        return FLV_PARSE_OK;
    result = f->kind == FRAME_VIDEO ? flv_body_parse_video(f->data, f->len, &body)
                                    : flv_body_parse_audio(f->data, f->len, &body);
    f->codec = body.codec;
    f->track = body.track;
    f->media_offset = (uint16_t)(body.media_offset <= UINT16_MAX ? body.media_offset : 0);
    f->media_len = (uint32_t)body.media_len;
    if (result != FLV_PARSE_OK)
        return result;
    if (body.media_len && body.media_offset > UINT16_MAX)
        return FLV_PARSE_BAD; /* 64 KiB of ModEx before the codec's bytes */
    f->config = body.packet == FLV_PACKET_CONFIG;
    f->note = note_of(&body);
    f->has_cts = body.has_cts;
    f->sized = body.sized;
    f->channels = body.channels;
    f->sample_rate = body.sample_rate;
    f->pts_us = f->dts_us + (int64_t)body.cts_ms * 1000 + body.offset_ns / 1000;
    if (f->kind == FRAME_VIDEO)
        set_video(f, &body, forms);
    return FLV_PARSE_OK;
}

bool flv_frame_write_cts(struct frame *f)
{
    enum { CTS_LEN = 3, CTS_MAX_MS = 0x7fffff };
    int64_t cts_ms = ms_from_us(f->pts_us) - ms_from_us(f->dts_us);
    if (!f->has_cts || f->media_len == 0 || cts_ms > CTS_MAX_MS || cts_ms < -CTS_MAX_MS)
        return false;
    struct wr w = wr_over(f->data + f->media_offset - CTS_LEN, CTS_LEN);
    wr_u24(&w, (uint32_t)cts_ms & 0xffffff);
    return true;
}

/* Copy everything except the codec's bytes, with room for `media_cap` bytes of them; NULL if memory is out. */
static struct frame *copy_head(const struct frame *f, size_t media_cap)
{
    struct frame *copy = frame_new(f->media_offset + media_cap);
    if (!copy)
        return NULL;
    uint32_t cap = copy->cap;
    *copy = *f;
    copy->refs = 1;
    copy->cap = cap;
    struct wr w = wr_over(copy->data, cap);
    wr_bytes(&w, f->data, f->media_offset);
    return copy;
}

/* True for pictures of HEVC whose configuration has kept its start codes: they must have the same form. */
static bool stays_annexb(const struct frame *f, const struct nalu_forms *forms)
{
    return f->codec == CODEC_HEVC && nalu_forms_told(forms, f) == NALU_ANNEXB && !forms->tracks[f->track].is_converted;
}

/* True for the body of a single track whose NAL units have start codes. */
static bool is_convertible(const struct frame *f, const struct nalu_forms *forms)
{
    if (f->kind != FRAME_VIDEO || !has_nalus(f->codec) || f->media_len == 0 || f->sized)
        return false;
    if (f->config)
        return nalu_begins_with_start_code(f->data + f->media_offset, f->media_len);
    return f->nalu_form == NALU_ANNEXB && !stays_annexb(f, forms);
}

/* The size of the lengths in the configuration that players get; four if that was made from start codes or is missing. */
static unsigned length_size(const struct frame *f, const struct nalu_forms *forms)
{
    enum nalu_form told = nalu_forms_told(forms, f);
    return told == NALU_UNTOLD || told == NALU_ANNEXB ? NALU_LENGTHS_4 : told;
}

/* Write the converted bytes. False if the record or the lengths cannot be written. */
static bool write_converted(struct wr *w, const struct frame *f, unsigned size)
{
    const uint8_t *media = f->data + f->media_offset;
    bool           ok = true;
    if (!f->config)
        nalu_annexb_to_avcc(w, media, f->media_len, size);
    else if (f->codec == CODEC_HEVC)
        ok = hevc_config_write_from_annexb(w, media, f->media_len);
    else
        ok = avc_config_write_from_annexb(w, media, f->media_len);
    return ok && !w->full;
}

bool flv_frame_to_avcc(struct frame **fp, struct nalu_forms *forms)
{
    /* The record of HEVC has 23 bytes, and 3 for each of three arrays; that of AVC is shorter. The lengths of the sets have
     * 2 bytes, which is less than their start codes. */
    enum { RECORD_OVERHEAD = 23 + 3 * 3 };
    struct frame *f = *fp;
    if (!is_convertible(f, forms))
        return true;
    unsigned      size = length_size(f, forms);
    size_t        cap = f->config ? f->media_len + RECORD_OVERHEAD
                                  : nalu_annexb_to_avcc_len(f->data + f->media_offset, f->media_len, size);
    struct frame *made = copy_head(f, cap);
    if (!made)
        return false;
    struct wr w = wr_over(made->data + f->media_offset, cap);
    if (!write_converted(&w, f, size)) {
        frame_unref(&made);
        return true;
    }
    made->media_len = (uint32_t)wr_len(&w);
    made->len = made->media_offset + made->media_len;
    if (!made->config)
        made->nalu_form = (uint8_t)(size & 7);
    else if (forms && f->track < NALU_TRACKS_MAX)
        forms->tracks[f->track].is_converted = true;
    frame_unref(fp);
    *fp = made;
    return true;
}
