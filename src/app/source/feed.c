#include "app/source/feed.h"

#include "app/source/append.h"
#include "app/source/source.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/str.h"
#include "core/version.h"
#include "kernel/metadata.h"

/* Some encoders send data messages with times of their own, or with 0. */
enum { OWN_TIME_AWAY_US = US_PER_SECOND };

void feed_init(struct feed *feed, struct source *s)
{
    *feed = (struct feed){ .source = s };
}

void feed_finish(struct feed *feed)
{
    frame_maker_finish(&feed->maker);
}

/* Count a body that was dropped. The log line shows its first bytes, so that a person can tell what the encoder sends. */
static void drop_bad_media(struct feed *feed, const struct frame *f)
{
    enum { SHOWN = 8 };
    char text[4 * SHOWN + 1];
    if (feed->n_dropped++ == 0)
        log_warn("drop unknown header %s, codec=%s, len=%u, starts with %s; later ones are dropped without a line",
                 f->kind == FRAME_VIDEO ? "video" : "audio", codec_name(f->codec), f->len,
                 str_printable(f->data, f->len < SHOWN ? f->len : SHOWN, text, sizeof text));
}

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

static void stamp_ms(struct source *s, struct frame *f, uint32_t ts_ms)
{
    source_stamp(s, f, stream_clock_unwrap(&s->clock, f->kind, f->track, ts_ms));
}

static struct err *take_media(struct feed *feed, struct frame **body, uint32_t ts_ms)
{
    struct source *s = feed->source;
    (*body)->dts_us = 0;
    switch (frame_make_body(&feed->maker, *body)) {
    case FLV_PARSE_BAD: drop_bad_media(feed, *body); return NULL;
    case FLV_PARSE_IGNORE: return NULL;
    case FLV_PARSE_OK: break;
    }
    stamp_ms(s, *body, ts_ms);
    if (s->vhost->publish.try_annexb_first && !frame_make_avcc(&feed->maker, body))
        return err_no_memory();
    return append_media(s, *body);
}

/* Take from the metadata what the server itself uses. */
static void heed_metadata(struct feed *feed, const struct metadata *info)
{
    struct source *s = feed->source;
    /* Only the first one is logged at level info: some encoders repeat it every few frames. */
    log_write(feed->n_metadata++ ? LOG_DEBUG : LOG_INFO, "got metadata, width=%d, height=%d, vcodec=%d, acodec=%d",
              (int)info->width, (int)info->height, (int)info->videocodecid, (int)info->audiocodecid);
    s->video_told = info->videocodecid > 0 || info->width > 0;
    s->audio_told = info->audiocodecid > 0;
    if (info->bravo_atc && s->vhost->play.atc_auto && !s->atc) {
        log_info("atc is on, the metadata has bravo_atc");
        s->atc = true;
    }
}

/* A data message may tell when something happens: its own time, if that is near the stream's, is kept as its pts_us. */
static void stamp_data(struct source *s, struct frame *f, uint32_t ts_ms)
{
    int64_t raw_us = stream_clock_unwrap(&s->clock, f->kind, f->track, ts_ms);
    source_stamp(s, f, raw_us);
    int64_t late_us = f->dts_us - (raw_us + f->shift_us);
    if (!f->config && late_us > -OWN_TIME_AWAY_US && late_us < OWN_TIME_AWAY_US)
        f->pts_us = raw_us + f->shift_us;
}

static struct err *take_data(struct feed *feed, const struct frame *body, uint32_t ts_ms)
{
    struct frame   *f = NULL;
    struct metadata info;
    switch (metadata_read(body->data, body->len, SERVER_SIGNATURE, VERSION, &f, &info)) {
    case METADATA_NO_MEMORY: return err_no_memory();
    case METADATA_BAD:
        if (feed->n_dropped++ == 0)
            log_warn("drop metadata or another data message of %u B: malformed, or longer than %d", body->len,
                     METADATA_LEN_MAX);
        return NULL;
    case METADATA_IGNORE: log_debug("ignore a data message of %u B", body->len); return NULL;
    case METADATA_OTHER: break;
    case METADATA_OK: heed_metadata(feed, &info); break;
    }
    f->dts_us = f->pts_us = 0;
    stamp_data(feed->source, f, ts_ms);
    struct err *e = source_append(feed->source, f);
    frame_unref(&f);
    return e;
}

struct err *feed_body(struct feed *feed, struct frame **body, uint32_t ts_ms)
{
    return (*body)->kind == FRAME_SCRIPT ? take_data(feed, *body, ts_ms) : take_media(feed, body, ts_ms);
}

static void drop_bad_unit(struct feed *feed, const struct frame_unit *u)
{
    if (feed->n_dropped++ == 0)
        log_warn("drop a unit that is no %s; later ones are dropped without a line", codec_name(u->codec));
}

struct err *feed_unit(struct feed *feed, struct frame_unit *u)
{
    struct err     *e = NULL;
    struct frame   *f;
    enum frame_made made;
    while (!e && (made = frame_make_next(&feed->maker, u, &f)) != FRAME_MAKE_END) {
        if (made == FRAME_MAKE_NO_MEMORY)
            return err_no_memory();
        if (made == FRAME_MAKE_BAD) {
            drop_bad_unit(feed, u);
            continue; /* The unit is used up, so the next turn ends. */
        }
        source_stamp(feed->source, f, f->dts_us);
        e = append_media(feed->source, f);
        frame_unref(&f);
    }
    return e;
}
