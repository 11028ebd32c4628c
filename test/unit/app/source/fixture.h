/**
 * A source with a configuration of a few words, and frames with a label in place of media.
 *
 * The first letter of a label is the kind of frame: K key frame, p other video, a audio, V and A their configurations, M
 * metadata. So the frames that a reader got are a line of words: "M1 A1 V1 K1 p2 a2".
 */
#ifndef TEST_APP_SOURCE_FIXTURE_H
#define TEST_APP_SOURCE_FIXTURE_H

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/conf/conf_testing.h"
#include "app/source/append.h"
#include "app/source/audience.h"
#include "app/source/life.h"
#include "app/source/pacer.h"
#include "app/source/reader.h"
#include "app/source/source.h"
#include "app/source/sources.h"
#include "core/str.h"
#include "loop.h"

/** A configuration whose vhost v has these directives. */
static inline struct conf *conf_with(const char *directives)
{
    char text[1024];
    snprintf(text, sizeof text, "vhost v { %s } vhost w { }", directives);
    return conf_of(text);
}

static inline const struct conf_vhost *vhost_of(const struct conf *c)
{
    return conf_find_vhost(c, "v");
}

static inline const char *label_of(const struct frame *f)
{
    return (const char *)f->data;
}

/** Make a frame with this label; one reference. */
static inline struct frame *labelled(const char *label, int64_t ms)
{
    struct frame *f = frame_new(16);
    if (!f)
        return NULL;
    bool video = strchr("KpV", label[0]) != NULL;
    f->kind = strchr("MT", label[0]) ? FRAME_SCRIPT : video ? FRAME_VIDEO : FRAME_AUDIO;
    f->codec = video ? CODEC_H264 : f->kind == FRAME_AUDIO ? CODEC_AAC : CODEC_NONE;
    f->key = label[0] == 'K';
    f->config = strchr("VAM", label[0]) != NULL;
    f->dts_us = f->pts_us = ms * US_PER_MS;
    f->len = (uint32_t)strlen(label) + 1;
    f->media_len = f->kind == FRAME_SCRIPT ? 0 : f->len;
    memcpy(f->data, label, f->len);
    return f;
}

/** Append one frame at a time of the stream. */
static inline void append_at(struct source *s, const char *label, int64_t ms)
{
    struct frame *f = labelled(label, ms);
    assert_non_null(f);
    assert_null(source_append(s, f));
    frame_unref(&f);
}

/** Append the frames of a line of labels, 40 ms apart. */
static inline void append(struct source *s, const char *labels)
{
    char line[1024];
    snprintf(line, sizeof line, "%s", labels);
    for (char *rest = line, *label; (label = strtok_r(rest, " ", &rest));) {
        static int64_t ms;
        append_at(s, label, ms += 40);
    }
}

/** Append `n` frames with that label. */
static inline void append_many(struct source *s, const char *label, int n)
{
    for (int i = 0; i < n; i++)
        append(s, label);
}

/** Shift the arrival of everything in the log into the past by `us`. */
static inline void make_older(struct source *s, int64_t us)
{
    for (uint64_t seq = s->ring.tail; seq < s->ring.head; seq++)
        ring_at(&s->ring, seq)->arrived_us -= us;
}

/** Let the pacer release all held frames, under any configuration. */
static inline void settle(const struct source *s)
{
    int64_t deadline = a_while();
    while (s->released < s->ring.head && now_us() < deadline)
        co_give_way();
    assert_int_equal(s->released, s->ring.head);
}

/** The frames that the reader can get now, without taking them; only pictures of tracks whose key frame has passed. */
static inline const char *peeked(struct reader *r)
{
    static char   line[4096];
    struct str    out = str_over(line, sizeof line);
    struct frame *f;
    reader_catch_up(r);
    struct picture_gate gate = r->gate;
    for (size_t i = 0; (f = reader_peek(r, i)); i++)
        if (reader_is_prologue(r, i) || reader_passes(r, &gate, f))
            str_printf(&out, "%s%s", out.len ? " " : "", (const char *)f->data);
    return line;
}

/** Release everything and take the frames that the reader gets. */
static inline const char *taken(struct reader *r)
{
    settle(r->source);
    const char *line = peeked(r);
    size_t      n = 0;
    while (reader_peek(r, n))
        n++;
    reader_advance(r, n);
    return line;
}

struct fixture {
    struct sources   all;
    struct conf     *conf;
    struct source   *source;
    struct publisher publisher;
};

static inline void begin(struct fixture *f, const char *directives)
{
    *f = (struct fixture){ .conf = conf_with(directives) };
    f->publisher = (struct publisher){ .co = co_self(), .trace = "first" };
    assert_null(source_acquire(&f->source, &f->all, f->conf, vhost_of(f->conf), "live", "cam"));
    assert_null(source_publish(f->source, &f->publisher));
}

static inline void end(struct fixture *f)
{
    source_unpublish(f->source, &f->publisher);
    source_release(f->source);
    assert_int_equal(f->all.by_key.count, 0);
    map_finish(&f->all.by_key);
    assert_int_equal(f->conf->refs, 1);
    conf_unref(&f->conf);
    assert_int_equal(co_count(), 0);
}

#endif
