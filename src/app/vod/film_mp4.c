/* MP4: samples become tags. The part has a moov of its own, whose samples are those from the key frame on. */
#include <string.h>

#include "app/vod/film_format.h"
#include "core/clock.h"
#include "kernel/amf0.h"
#include "kernel/flv.h"
#include "kernel/flv_body.h"
#include "kernel/mp4/box_read.h"

enum { VIDEO, SOUND };

static bool is_video(const struct film_place *p, const struct film_track *t)
{
    return t == &p->tracks[VIDEO];
}

/* ---- beginning --------------------------------------------------------------------------------------------------- */

static void take_track(struct film_place *p, struct rd trak, uint32_t movie_timescale)
{
    struct film_track t = { .is_there = true };
    if (!mp4_tables_read(&t.tables, trak, movie_timescale) || !mp4_entry_read(t.tables.entry, &t.entry))
        return;
    if (!t.entry.config_len && t.entry.codec != CODEC_MP3) /* Opus and AC-3: FLV wants another configuration of them. */
        return;
    struct film_track *place = &p->tracks[strcmp(t.tables.handler, "vide") == 0 ? VIDEO : SOUND];
    if (place->is_there)
        return; /* further tracks of a kind */
    *place = t;
    mp4_cursor_begin(&place->cursor, &place->tables);
    place->has_next = mp4_cursor_next(&place->cursor, &place->next);
}

static int64_t next_us(const struct film_track *t)
{
    return t->has_next ? mp4_us_from_ticks(t->next.dts, t->tables.timescale) : INT64_MAX;
}

static struct film_track *earliest(struct film_place *p)
{
    struct film_track *video = &p->tracks[VIDEO], *sound = &p->tracks[SOUND];
    return next_us(sound) < next_us(video) ? sound : video;
}

/* Read the moov of the part. Its mvhd has version 1: mp4_flat_write() has written it. */
static struct err *begin(struct film_place *p)
{
    const struct vod_found *is = &p->part->is;
    struct mp4_box          moov, mvhd, trak;
    p->tracks[VIDEO] = p->tracks[SOUND] = (struct film_track){ 0 };
    if (!is->head || !mp4_box_find(rd_over(is->head, is->head_len), "moov", &moov) ||
        !mp4_box_find(moov.body, "mvhd", &mvhd))
        return err_new(E_LIMIT, "the file cannot be read as MP4");
    rd_bytes(&mvhd.body, 20);
    uint32_t timescale = rd_u32(&mvhd.body);
    while (mp4_box_next(&moov.body, &trak))
        if (mp4_box_is(&trak, "trak"))
            take_track(p, trak.body, timescale);
    int64_t first = next_us(earliest(p));
    p->shift_us = p->part->is.began_us - (first < 0 ? first : 0);
    return first == INT64_MAX ? err_new(E_LIMIT, "no track of the file can be played over RTMP") : NULL;
}

/* ---- metadata and configurations --------------------------------------------------------------------------------- */

static int32_t ms_of(int64_t us)
{
    return (int32_t)(uint32_t)(us / US_PER_MS);
}

static void write_metadata(const struct film_place *p, struct wr *w)
{
    const struct film_track *video = &p->tracks[VIDEO], *sound = &p->tracks[SOUND];
    uint8_t                  bytes[512];
    struct wr                b = wr_over(bytes, sizeof bytes);
    amf0_write_string(&b, "onMetaData");
    amf0_write_ecma_array(&b, 5);
    amf0_put_number(&b, "duration", (double)p->part->is.duration_us / US_PER_SECOND);
    amf0_put_bool(&b, "hasVideo", video->is_there);
    amf0_put_bool(&b, "hasAudio", sound->is_there);
    amf0_put_number(&b, "width", video->entry.width);
    amf0_put_number(&b, "height", video->entry.height);
    amf0_write_end(&b);
    flv_write_tag(w, &(struct flv_tag){ FLV_SCRIPT, ms_of(p->part->is.began_us), bytes, (uint32_t)wr_len(&b) });
}

/* Write the head of a body. */
static bool write_body_head(const struct film_place *p, const struct film_track *t, bool is_config,
                            const struct mp4_table_sample *s, struct wr *w)
{
    struct flv_body body = {
        .codec = (uint8_t)t->entry.codec,
        .packet = is_config ? FLV_PACKET_CONFIG : FLV_PACKET_CODED,
        .frame_type = is_config || s->key ? FLV_KEY_FRAME : FLV_INTER_FRAME,
        .channels = 2,
        .sample_rate = 44100,
    };
    if (!is_config)
        body.cts_ms = ms_of(mp4_us_from_ticks(s->pts - s->dts, t->tables.timescale));
    return is_video(p, t) ? flv_body_write_video_head(w, &body) : flv_body_write_audio_head(w, &body);
}

static void write_config(const struct film_place *p, const struct film_track *t, struct wr *w)
{
    uint8_t   bytes[FLV_BODY_HEAD_MAX];
    struct wr head = wr_over(bytes, sizeof bytes);
    if (!t->is_there || !t->entry.config_len || !write_body_head(p, t, true, NULL, &head))
        return;
    uint32_t len = (uint32_t)(wr_len(&head) + t->entry.config_len);
    flv_write_tag_header(w, is_video(p, t) ? FLV_VIDEO : FLV_AUDIO, len, ms_of(p->part->is.began_us));
    wr_bytes(w, bytes, wr_len(&head));
    wr_bytes(w, t->entry.config, t->entry.config_len);
    flv_write_tag_trailer(w, len);
}

static struct err *give_head(struct film_place *p, size_t *len)
{
    struct wr w = wr_over(p->buf, p->cap);
    p->has_head = true;
    write_metadata(p, &w);
    write_config(p, &p->tracks[SOUND], &w);
    write_config(p, &p->tracks[VIDEO], &w);
    *len = wr_len(&w);
    return w.full ? err_new(E_LIMIT, "the configurations of the file are too large") : NULL;
}

/* ---- samples ----------------------------------------------------------------------------------------------------- */

/* Write the tag of the next sample of a track at p->buf + *len. */
static struct err *add_sample(struct film_place *p, struct film_track *t, size_t *len)
{
    const struct vod_found        *is = &p->part->is;
    const struct mp4_table_sample *s = &t->next;
    uint8_t                        bytes[FLV_BODY_HEAD_MAX];
    struct wr                      head = wr_over(bytes, sizeof bytes), w = wr_over(p->buf + *len, p->cap - *len);
    if (!write_body_head(p, t, false, s, &head))
        return err_new(E_LIMIT, "a codec without a place in FLV");
    uint32_t body_len = (uint32_t)wr_len(&head) + s->len;
    flv_write_tag_header(&w, is_video(p, t) ? FLV_VIDEO : FLV_AUDIO, body_len,
                         ms_of(mp4_us_from_ticks(s->dts, t->tables.timescale) + p->shift_us));
    wr_bytes(&w, bytes, wr_len(&head));
    uint8_t    *media = wr_room(&w, s->len);
    struct err *e = media ? film_read_at(p, is->from + (int64_t)s->at - (int64_t)is->head_len, media, s->len) : NULL;
    flv_write_tag_trailer(&w, body_len);
    if (!e && w.full)
        e = err_new(E_LIMIT, "a sample of %u bytes", s->len);
    *len += wr_len(&w);
    return e;
}

static struct err *fill(struct film_place *p, size_t *len)
{
    enum { AROUND_LEN = FLV_TAG_HEADER_LEN + FLV_BODY_HEAD_MAX + FLV_TAG_TRAILER_LEN };
    *len = 0;
    if (!p->has_head)
        return give_head(p, len);
    for (;;) {
        struct film_track *t = earliest(p);
        if (!t->has_next)
            return NULL;
        size_t room = *len + AROUND_LEN + t->next.len;
        if (room > VOD_FILM_BATCH_BYTES && *len > 0)
            return NULL;
        struct err *e = film_make_room(p, room);
        if (!e)
            e = add_sample(p, t, len);
        if (e)
            return e;
        t->has_next = mp4_cursor_next(&t->cursor, &t->next);
    }
}

const struct film_format film_mp4 = { .begin = begin, .fill = fill };
