#include "app/sound/bridge.h"

#include "app/sound/converter.h"
#include "app/sound/other.h"
#include "app/source/attend.h"
#include "app/source/source.h"
#include "protocol/co.h"

/* The log wakes the bridge when it has this much more: two frames of most codecs, as many as the converter takes at least. */
enum { LOT_US = 30 * US_PER_MS };

struct bridge {
    struct source          *source;
    struct other_sound     *other;
    struct sound_converter *converter; /* NULL: nobody listens */
    struct log_cursor       cursor;    /* in use while there is a converter */
    int                     bit_rate;  /* of the converter */
};

bool sound_bridge_is_wanted(const struct conf_vhost *vhost)
{
    return vhost->rtc.enabled && vhost->rtc.rtmp_to_rtc;
}

static void made(void *arg, const struct sound_packet *packet)
{
    struct bridge *b = arg;
    other_sound_append(b->other, packet->bytes, packet->len, packet->pts_us);
}

static void stop(struct bridge *b)
{
    sound_converter_free(&b->converter);
    log_cursor_leave(&b->cursor);
}

static struct err *start(struct bridge *b)
{
    const struct sound_wish wish = { CODEC_OPUS, b->bit_rate };
    struct err             *e = sound_converter_new(&b->converter, b->source->identity, &wish, made, b);
    if (e)
        return e;
    log_cursor_join(&b->cursor, b->source);
    log_cursor_skip(&b->cursor);
    b->cursor.until_us = INT64_MIN; /* Any frame wakes it until sound comes. */
    return NULL;
}

/* Begin, end, or begin with another bit rate. */
static struct err *follow(struct bridge *b)
{
    int  bit_rate = b->source->vhost->rtc.opus_bitrate;
    bool is_wanted = other_sound_is_wanted(b->other);
    if (b->converter && (!is_wanted || bit_rate != b->bit_rate))
        stop(b);
    b->bit_rate = bit_rate;
    return is_wanted && !b->converter ? start(b) : NULL;
}

static bool is_to_convert(const struct bridge *b, const struct frame *f)
{
    return f->kind == FRAME_AUDIO && f->track == b->source->audio_track && f->codec != CODEC_OPUS;
}

static void take_frames(struct bridge *b)
{
    struct frame *f;
    bool          jumped = false;
    while ((f = log_cursor_next(&b->cursor, &jumped))) {
        if (is_to_convert(b, f)) {
            sound_converter_put(b->converter, f);
            b->cursor.until_us = f->dts_us + LOT_US;
        }
        frame_unref(&f);
        co_give_way_by_time();
    }
}

struct err *sound_bridge_run(struct attendance *a)
{
    struct bridge b = { .source = a->source };
    unsigned      moments;
    struct err   *e = other_sound_attach(&b.other, a->source, a->co);
    while (!e && !attendance_is_over(a) && !(e = follow(&b))) {
        if (b.converter)
            take_frames(&b);
        e = attendance_wait(a, DEADLINE_NEVER, &moments);
    }
    stop(&b);
    other_sound_detach(&b.other);
    return err_except(e, E_THREAD_INTERRUPTED);
}
