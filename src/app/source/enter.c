#include "app/source/enter.h"

#include "app/source/append.h"
#include "app/source/delay.h"
#include "app/source/source.h"
#include "app/source/wall_tell.h"
#include "core/clock.h"
#include "core/log.h"

/* Some encoders send data messages with times of their own, or with 0. */
enum { OWN_TIME_AWAY_US = US_PER_SECOND };

static void log_codec(const struct source *s, enum frame_kind kind)
{
    const struct video_info *v = &s->video;
    const struct audio_info *a = &s->audio;
    if (kind == FRAME_VIDEO)
        log_info("video codec=%s, profile=%s, level=%s, %ux%u, fps=%.2f", codec_name(v->codec), v->profile, v->level,
                 v->width, v->height, v->fps_den ? (double)v->fps_num / v->fps_den : 0);
    else
        log_info("audio codec=%s, profile=%s, %uHz, channels=%u", codec_name(a->codec), a->profile, a->sample_rate,
                 a->channels);
}

/* Append a frame of media. The codec of a kind is logged when it becomes known, and when it changes. */
static struct err *append_media(struct source *s, struct frame *f)
{
    enum frame_kind kind = f->kind;
    enum codec      before = source_codec(s, kind);
    struct err     *e = source_append(s, f);
    if (!e && source_codec(s, kind) != before)
        log_codec(s, kind);
    return e;
}

static int64_t raw_us(const struct source *s, const struct arrival *a)
{
    return a->in_ms ? stream_clock_unwrap(&s->clock, a->frame->kind, a->frame->track, (uint32_t)a->own_time)
                    : a->own_time;
}

/* Take from the metadata what the server itself uses. */
static void heed_metadata(struct source *s, const struct arrival *a)
{
    s->video_told = a->video_told;
    s->audio_told = a->audio_told;
    if (a->bravo_atc && s->vhost->play.atc_auto && !s->atc) {
        log_info("atc is on, the metadata has bravo_atc");
        s->atc = true;
    }
    wall_hear(&s->wall, a->wall_ms);
}

/* A data message may tell when something happens: its own time, if that is near the stream's, is kept as its pts_us. */
static void stamp_data(struct source *s, struct frame *f, int64_t own_us)
{
    (void)source_stamp(s, f, own_us);
    int64_t late_us = f->dts_us - (own_us + f->shift_us);
    if (!f->config && late_us > -OWN_TIME_AWAY_US && late_us < OWN_TIME_AWAY_US)
        f->pts_us = own_us + f->shift_us;
}

static struct err *append_script(struct source *s, const struct arrival *a)
{
    struct frame *own = NULL;
    stamp_data(s, a->frame, raw_us(s, a));
    struct err *e = a->has_info ? wall_put(s, a->frame, a->frame, &own) : NULL;
    if (own) {
        stamp_data(s, own, raw_us(s, a));
        e = source_append(s, own);
        frame_unref(&own);
        return e;
    }
    return e ? e : source_append(s, a->frame);
}

struct err *source_enter(struct source *s, const struct arrival *a)
{
    if (a->has_info)
        heed_metadata(s, a);
    if (a->frame->kind == FRAME_SCRIPT)
        return append_script(s, a);
    if (!source_stamp(s, a->frame, raw_us(s, a)))
        return NULL;
    struct err *e = frame_is_header(a->frame) ? NULL : wall_follow(s, a->frame);
    return e ? e : append_media(s, a->frame);
}
