#include "app/sound/other.h"

#include <inttypes.h>
#include <stdio.h>

#include "app/source/source.h"
#include "core/map.h"
#include "core/mem.h"
#include "kernel/frame_make.h"
#include "protocol/co.h"

enum { KEY_CAP = 24 };

struct other_sound {
    int                refs;
    char               key[KEY_CAP]; /* in `all` */
    struct source     *source;       /* borrowed from those that hold this */
    struct list        readers;
    struct frame      *frames[OTHER_SOUND_FRAMES];
    uint64_t           head; /* number of the next frame */
    struct frame_maker maker;
    struct co         *converter;  /* NULL: none */
    int                n_bringing; /* publishers that bring their originals */
};

/* The other sounds of all sources, by the serial of the source. */
static struct map all;

static void write_key(char key[static KEY_CAP], const struct source *s)
{
    snprintf(key, KEY_CAP, "%" PRIu64, s->serial);
}

static struct err *acquire(struct other_sound **out, struct source *s)
{
    char key[KEY_CAP];
    write_key(key, s);
    struct other_sound *o = map_find(&all, key);
    *out = NULL;
    if (!o) {
        if (!(o = mem_calloc(1, sizeof *o)))
            return err_no_memory();
        write_key(o->key, s);
        o->source = s;
        list_init(&o->readers);
        if (!map_put(&all, key, o)) {
            mem_free(o);
            return err_no_memory();
        }
    }
    o->refs++;
    *out = o;
    return NULL;
}

static void release(struct other_sound *o)
{
    if (--o->refs > 0)
        return;
    map_remove(&all, o->key);
    if (all.count == 0)
        map_finish(&all);
    for (int i = 0; i < OTHER_SOUND_FRAMES; i++)
        frame_unref(&o->frames[i]);
    frame_maker_finish(&o->maker);
    mem_free(o);
}

static void tell_converter(const struct other_sound *o)
{
    if (o->converter)
        co_unpark(o->converter);
}

/* ---- readers ---- */

struct err *other_sound_join(struct sound_reader *r, struct source *s, struct co *co)
{
    *r = (struct sound_reader){ .co = co };
    struct err *e = acquire(&r->of, s);
    if (e)
        return e;
    r->seq = r->of->head;
    list_push(&r->of->readers, &r->link);
    tell_converter(r->of);
    return NULL;
}

void other_sound_leave(struct sound_reader *r)
{
    struct other_sound *o = r->of;
    r->of = NULL;
    if (!o)
        return;
    list_remove(&r->link);
    tell_converter(o);
    release(o);
}

struct frame *other_sound_peek(struct sound_reader *r)
{
    const struct other_sound *o = r->of;
    if (r->seq == o->head)
        return NULL;
    if (o->head - r->seq > OTHER_SOUND_FRAMES) {
        r->n_skipped += (int64_t)(o->head - r->seq) - OTHER_SOUND_FRAMES;
        r->seq = o->head - OTHER_SOUND_FRAMES;
    }
    return o->frames[r->seq % OTHER_SOUND_FRAMES];
}

struct frame *other_sound_next(struct sound_reader *r)
{
    struct frame *f = other_sound_peek(r);
    if (!f)
        return NULL;
    r->seq++;
    return frame_ref(f);
}

/* ---- what is brought ---- */

static void push(struct other_sound *o, struct frame *f)
{
    struct frame **place = &o->frames[o->head++ % OTHER_SOUND_FRAMES];
    frame_unref(place);
    *place = frame_ref(f);
    LIST_FOREACH (&o->readers, it, after) {
        struct sound_reader *r = LIST_ENTRY(it, struct sound_reader, link);
        if (r->co)
            co_unpark(r->co);
    }
}

void other_sound_append(struct other_sound *o, const uint8_t *packet, size_t len, int64_t pts_us)
{
    struct frame_unit u = {
        .codec = CODEC_OPUS, .form = UNIT_STORED, .dts_us = pts_us, .pts_us = pts_us, .bytes = rd_over(packet, len)
    };
    struct frame *f;
    while (frame_make_next(&o->maker, &u, &f) == FRAME_MADE) {
        if (!f->config)
            push(o, f);
        frame_unref(&f);
    }
}

struct err *other_sound_open(struct other_sound **o, struct source *s)
{
    *o = NULL;
    if (source_delay_us(s) > 0)
        return NULL;
    struct err *e = acquire(o, s);
    if (e)
        return e;
    (*o)->n_bringing++;
    tell_converter(*o);
    return NULL;
}

void other_sound_put(struct other_sound *o, const uint8_t *packet, size_t len, int64_t own_us)
{
    int64_t shift_us = 0;
    if (stream_clock_shift(&o->source->clock, FRAME_AUDIO, &shift_us))
        other_sound_append(o, packet, len, own_us + shift_us);
}

void other_sound_close(struct other_sound **op)
{
    struct other_sound *o = *op;
    *op = NULL;
    if (!o)
        return;
    o->n_bringing--;
    tell_converter(o);
    release(o);
}

struct err *other_sound_attach(struct other_sound **o, struct source *s, struct co *co)
{
    struct err *e = acquire(o, s);
    if (!e)
        (*o)->converter = co;
    return e;
}

void other_sound_detach(struct other_sound **op)
{
    struct other_sound *o = *op;
    *op = NULL;
    if (!o)
        return;
    o->converter = NULL;
    release(o);
}

bool other_sound_is_brought(const struct source *s)
{
    char key[KEY_CAP];
    write_key(key, s);
    const struct other_sound *o = map_find(&all, key);
    return o && o->n_bringing > 0;
}

bool other_sound_is_wanted(const struct other_sound *o)
{
    return !list_is_empty(&o->readers) && o->n_bringing == 0;
}
