#include "app/live/audio_wire.h"

static bool is_media(const struct frame *f, enum codec codec)
{
    return f->kind == FRAME_AUDIO && f->codec == codec && f->track == 0 && !f->config && f->media_len > 0;
}

/* ---- AAC ---- */

/* Make the ADTS header of a frame. False if ADTS cannot express the configuration, or none has come yet. */
static bool adts_header(const struct wire *w, const struct frame *f, uint8_t header[static AAC_ADTS_HEADER_LEN])
{
    struct wr out = wr_over(header, AAC_ADTS_HEADER_LEN);
    return is_media(f, CODEC_AAC) && w->aac.object_type && aac_write_adts(&out, &w->aac, f->media_len);
}

static size_t adts_len(const struct wire *w, const struct frame *f, int64_t us)
{
    uint8_t header[AAC_ADTS_HEADER_LEN];
    (void)us;
    return adts_header(w, f, header) ? sizeof header + f->media_len : 0;
}

static void adts_pass(struct wire *w, const struct frame *f, int64_t us)
{
    struct aac_config config;
    (void)us;
    if (f->kind == FRAME_AUDIO && f->codec == CODEC_AAC && f->track == 0 && f->config &&
        aac_config_parse(f->data + f->media_offset, f->media_len, &config))
        w->aac = config;
}

static void adts_emit(struct wire *w, const struct frame *f, int64_t us, struct wire_out *out)
{
    uint8_t header[AAC_ADTS_HEADER_LEN];
    if (adts_header(w, f, header)) {
        wire_put(out, header, sizeof header);
        wire_lend(out, f->data + f->media_offset, f->media_len);
    }
    adts_pass(w, f, us);
}

static bool adts_is_same(const struct wire_stamp *a, const struct wire_stamp *b)
{
    const struct aac_config *x = &a->wire->aac, *y = &b->wire->aac;
    return x->object_type == y->object_type && x->rate_index == y->rate_index && x->channel_config == y->channel_config;
}

static void adts_follow(struct wire *w, const struct wire *before, const struct wire *after, int64_t delta_us)
{
    (void)delta_us;
    (void)before;
    w->aac = after->aac;
}

const struct wire_format aac_wire = {
    .name = "ADTS",
    .stamp_max_us = INT64_MAX,
    .len = adts_len,
    .emit = adts_emit,
    .pass = adts_pass,
    .is_same = adts_is_same,
    .follow = adts_follow,
};

/* ---- MP3 ---- */

static size_t mp3_len(const struct wire *w, const struct frame *f, int64_t us)
{
    (void)w;
    (void)us;
    return is_media(f, CODEC_MP3) ? f->media_len : 0;
}

static void mp3_emit(struct wire *w, const struct frame *f, int64_t us, struct wire_out *out)
{
    wire_lend(out, f->data + f->media_offset, mp3_len(w, f, us));
}

static bool mp3_is_same(const struct wire_stamp *a, const struct wire_stamp *b)
{
    (void)a;
    (void)b;
    return true;
}

const struct wire_format mp3_wire = {
    .name = "MP3",
    .stamp_max_us = INT64_MAX,
    .len = mp3_len,
    .emit = mp3_emit,
    .is_same = mp3_is_same,
};
