#include "app/rtc/publisher_sound.h"

#include "app/sound/converter.h"
#include "app/sound/other.h"
#include "app/source/pacer.h"
#include "app/source/source.h"

/* On the loop, outside of the session's coroutine: the stream may be another publisher's meanwhile. The configuration comes once. */
static void take_made(void *arg, const struct sound_packet *packet)
{
    struct publisher_sound *s = arg;
    struct frame_unit       unit = {
              .codec = packet->codec,
              .form = packet->is_config ? UNIT_CONFIG : UNIT_STORED,
              .channels = packet->channels,
              .dts_us = packet->pts_us,
              .pts_us = packet->pts_us,
              .bytes = rd_over(packet->bytes, packet->len),
    };
    if (s->failed || s->publisher->taken_over)
        return;
    if (packet->is_config || pacer_has_room(s->feed->source))
        s->failed = feed_unit(s->feed, &unit);
    else
        s->n_flooded++;
}

struct err *publisher_sound_begin(struct publisher_sound *s, struct feed *feed, const struct publisher *publisher)
{
    struct source    *source = feed->source;
    struct sound_wish wish = { .codec = CODEC_AAC, .bit_rate = source->vhost->rtc.aac_bitrate };
    *s = (struct publisher_sound){ .feed = feed, .publisher = publisher };
    struct err *e = sound_converter_new(&s->converter, source->identity, &wish, take_made, s);
    if (!e)
        e = other_sound_open(&s->originals, source);
    if (e)
        publisher_sound_end(s);
    return e;
}

void publisher_sound_end(struct publisher_sound *s)
{
    sound_converter_free(&s->converter);
    other_sound_close(&s->originals);
    frame_maker_finish(&s->maker);
    err_free(s->failed);
    *s = (struct publisher_sound){ .feed = NULL };
}

struct err *publisher_sound_take(struct publisher_sound *s, struct frame_unit *unit)
{
    struct frame   *f;
    enum frame_made made;
    if (s->originals)
        other_sound_put(s->originals, unit->bytes.p, rd_left(&unit->bytes), unit->pts_us);
    while ((made = frame_make_next(&s->maker, unit, &f)) == FRAME_MADE) {
        sound_converter_put(s->converter, f);
        frame_unref(&f);
    }
    struct err *e = s->failed;
    s->failed = NULL;
    return e || made != FRAME_MAKE_NO_MEMORY ? e : err_no_memory();
}
