#include "app/source/feed.h"

#include "app/source/delay.h"
#include "app/source/delaying.h"
#include "app/source/source.h"
#include "core/log.h"
#include "core/str.h"
#include "core/version.h"
#include "kernel/metadata.h"

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

static struct err *take_media(struct feed *feed, struct frame **body, uint32_t ts_ms)
{
    struct source *s = feed->source;
    (*body)->dts_us = 0;
    switch (frame_make_body(&feed->maker, *body)) {
    case FLV_PARSE_BAD: drop_bad_media(feed, *body); return NULL;
    case FLV_PARSE_IGNORE: return NULL;
    case FLV_PARSE_OK: break;
    }
    if (s->vhost->publish.try_annexb_first && !frame_make_avcc(&feed->maker, body))
        return err_no_memory();
    return source_take(s, &(struct arrival){ .frame = *body, .own_time = ts_ms, .in_ms = true });
}

/* Only the first one is logged at level info: some encoders repeat it every few frames. */
static void note_metadata(struct feed *feed, const struct metadata *info, struct arrival *a)
{
    log_write(feed->n_metadata++ ? LOG_DEBUG : LOG_INFO, "got metadata, width=%d, height=%d, vcodec=%d, acodec=%d",
              (int)info->width, (int)info->height, (int)info->videocodecid, (int)info->audiocodecid);
    a->has_info = true;
    a->video_told = info->videocodecid > 0 || info->width > 0;
    a->audio_told = info->audiocodecid > 0;
    a->bravo_atc = info->bravo_atc;
    a->wall_ms = info->wall_ms;
}

static struct err *take_data(struct feed *feed, const struct frame *body, uint32_t ts_ms)
{
    struct arrival  a = { .own_time = ts_ms, .in_ms = true };
    struct metadata info;
    switch (metadata_read(body->data, body->len, SERVER_SIGNATURE, VERSION, &a.frame, &info)) {
    case METADATA_NO_MEMORY: return err_no_memory();
    case METADATA_BAD:
        if (feed->n_dropped++ == 0)
            log_warn("drop metadata or another data message of %u B: malformed, or longer than %d", body->len,
                     METADATA_LEN_MAX);
        return NULL;
    case METADATA_IGNORE: log_debug("ignore a data message of %u B", body->len); return NULL;
    case METADATA_OTHER: break;
    case METADATA_OK: note_metadata(feed, &info, &a); break;
    }
    a.frame->dts_us = a.frame->pts_us = 0;
    struct err *e = source_take(feed->source, &a);
    frame_unref(&a.frame);
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
        e = source_take(feed->source, &(struct arrival){ .frame = f, .own_time = f->dts_us });
        frame_unref(&f);
    }
    return e;
}
