#include "app/source/source.h"

#include <string.h>

#include "app/source/pacer.h"
#include "app/source/reader.h"
#include "app/source/retention.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/stream_name.h"

/* How long, and how many, the first frames of a publish wait for the other kind at most. */
enum { SETTLE_US = 500 * US_PER_MS, SETTLE_FRAMES = 64 };

/* This many frames are forgotten at once: a million take a while. */
enum { FORGET_FRAMES = 4096 };

/* Yields now and then: nobody finds the source any more. */
static void forget_all(struct source *s)
{
    while (s->ring.head - s->ring.tail > FORGET_FRAMES) {
        ring_trim(&s->ring, s->ring.tail + FORGET_FRAMES);
        co_give_way_by_time();
    }
}

static void destroy(struct source *s)
{
    headers_clear(&s->headers);
    headers_clear(&s->gop_headers);
    gops_clear(&s->gops);
    mix_queue_clear(&s->mix);
    ring_finish(&s->ring);
    conf_unref(&s->conf);
    mem_free(s->key);
    mem_free(s->identity);
    mem_free(s->app);
    mem_free(s->stream);
    mem_free(s);
}

/* The names as somebody spells them; false, and the old ones stay, without memory. */
static bool take_names(struct source *s, const char *app, const char *stream)
{
    char         identity[STREAM_IDENTITY_CAP];
    char        *copies[] = { mem_strdup(stream_name_identity(identity, s->vhost->name, app, stream)), mem_strdup(app),
                              mem_strdup(stream) };
    char **const into[] = { &s->identity, &s->app, &s->stream };
    bool         whole = copies[0] && copies[1] && copies[2];
    for (size_t i = 0; i < ARRAY_LEN(copies); i++) {
        mem_free(whole ? *into[i] : copies[i]);
        if (whole)
            *into[i] = copies[i];
    }
    return whole;
}

static struct source *create(struct sources *all, const char *key, struct conf *conf, const struct conf_vhost *vhost,
                             const char *app, const char *stream)
{
    struct source *s = mem_calloc(1, sizeof *s);
    if (!s)
        return NULL;
    list_init(&s->readers);
    list_init(&s->joining);
    co_group_init(&s->pacer_group);
    ident_vid(s->id);
    static uint64_t n_sources;
    s->serial = ++n_sources;
    s->owner = all;
    s->conf = conf_ref(conf);
    s->vhost = vhost;
    s->atc = vhost->play.atc;
    s->sampled_us = now_us();
    traffic_start(&s->traffic, s->sampled_us);
    s->key = mem_strdup(key);
    if (s->key && take_names(s, app, stream) && map_put(&all->by_key, key, s))
        return s;
    destroy(s);
    return NULL;
}

struct source *source_find(const struct sources *all, const struct conf_vhost *vhost, const char *app,
                           const char *stream)
{
    char key[STREAM_IDENTITY_CAP];
    return map_find(&all->by_key, stream_name_key(key, vhost->name, app, stream));
}

struct err *source_acquire(struct source **out, struct sources *all, struct conf *conf, const struct conf_vhost *vhost,
                           const char *app, const char *stream)
{
    char           key[STREAM_IDENTITY_CAP];
    struct source *s = map_find(&all->by_key, stream_name_key(key, vhost->name, app, stream));
    if (!s && !(s = create(all, key, conf, vhost, app, stream)))
        return err_no_memory();
    s->refs++;
    *out = s;
    return NULL;
}

/* Published, of that vhost, and called so in whatever app. */
static bool is_called(const struct source *s, const struct conf_vhost *vhost, const char *name)
{
    return s->publisher && str_equal(strrchr(s->key, '/'), name) && str_equal(s->vhost->name, vhost->name);
}

struct source *source_find_in_any_app(const struct sources *all, const struct conf_vhost *vhost, const char *stream)
{
    char           key[STREAM_IDENTITY_CAP];
    size_t         at = 0;
    const char    *name = strrchr(stream_name_key(key, vhost->name, STREAM_DEFAULT_APP, stream), '/');
    struct source *s = map_find(&all->by_key, key), *oldest = NULL;
    if (s && s->publisher)
        return s;
    while ((s = map_next(&all->by_key, &at, NULL)))
        if (is_called(s, vhost, name) && (!oldest || s->published_at_us < oldest->published_at_us))
            oldest = s;
    return oldest;
}

void source_release(struct source *s)
{
    if (!s || --s->refs > 0)
        return;
    map_remove(&s->owner->by_key, s->key); /* before the yield: whoever comes now begins a new one */
    pacer_stop(s);
    forget_all(s);
    destroy(s);
}

void source_apply_conf(struct source *s, struct conf *conf, const struct conf_vhost *vhost)
{
    if (!vhost)
        return;
    bool atc_was = s->vhost->play.atc;
    s->vhost = vhost;
    conf_ref(conf);
    conf_unref(&s->conf);
    s->conf = conf;
    if (vhost->play.atc != atc_was)
        s->atc = vhost->play.atc;
    if (!vhost->play.gop_cache)
        s->has_gop = false; /* switched on again, it starts with the next key frame */
    pacer_notice(s);        /* what is held back may be due now */
}

static size_t bytes_from(const struct source *s, uint64_t seq)
{
    size_t bytes = 0;
    for (; seq < s->ring.head; seq++)
        bytes += ring_frame_bytes(ring_at(&s->ring, seq));
    return bytes;
}

/* Where whoever joins, or jumps, begins from now on. */
static void begin_gop(struct source *s)
{
    const struct gop_start *start = gops_start(&s->gops, s->ring.tail);
    if (!start)
        return;
    if (start->seq != s->gop_seq)
        s->gop_bytes = bytes_from(s, start->seq);
    s->gop_seq = start->seq;
    s->has_gop = s->vhost->play.gop_cache;
    headers_copy(&s->gop_headers, &start->headers);
    retention_trim(s);
}

/* Keep track of where a new reader would start; `f` is about to be appended. */
static void follow_gop(struct source *s, const struct frame *f)
{
    int max_frames = s->vhost->play.gop_cache_max_frames;
    gops_follow(&s->gops, f, s->ring.head, &s->headers);
    if (is_picture(f) && f->key)
        begin_gop(s);
    else if (f->kind == FRAME_AUDIO && gops_are_over(&s->gops, f))
        s->has_gop = false; /* the pictures have stopped: new readers start at the live end */
    if (s->has_gop && max_frames > 0 && s->ring.head - s->gop_seq >= (uint64_t)max_frames) {
        log_warn("stream %s has more than %d frames in a GOP (gop_cache_max_frames): new players get sound at once and "
                 "pictures from the next key frame on",
                 s->identity, max_frames);
        s->has_gop = false;
    }
}

static bool same_payload(const struct frame *a, const struct frame *b)
{
    return a && b && a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

/* Metadata or a codec configuration as it was already. */
static bool is_repeated(const struct source *s, const struct frame *f)
{
    return s->vhost->play.reduce_sequence_header && same_payload(headers_find_like(&s->headers, f), f);
}

/* Every break is counted; of many, fewer and fewer are told. */
static bool is_worth_a_line(int64_t n)
{
    return (n & (n - 1)) == 0;
}

/*
 * The first frames of a publish wait for the first one of the other kind, if its configuration has come: players begin at
 * the earlier of the two times.
 */
static void settle(struct source *s, const struct frame *f, bool is_first)
{
    enum frame_kind other = f->kind == FRAME_VIDEO ? FRAME_AUDIO : FRAME_VIDEO;
    if (is_first && headers_find(&s->headers, other, 0))
        s->unsettled_until_us = now_us() + SETTLE_US;
    else if (stream_clock_has(&s->clock, other) || s->ring.head - s->released >= SETTLE_FRAMES)
        s->unsettled_until_us = 0;
}

void source_stamp(struct source *s, struct frame *f, uint32_t ts_ms)
{
    bool    is_first = !s->clock.started;
    int64_t jump_ms = stream_clock_stamp(&s->clock, f, ts_ms, now_us());
    if (!frame_is_header(f))
        settle(s, f, is_first);
    if (jump_ms && is_worth_a_line(s->clock.n_breaks))
        log_warn("the %s time of %s jumped by %lldms: it goes on without the jump, breaks=%lld",
                 f->kind == FRAME_VIDEO ? "video" : "audio", s->identity, (long long)jump_ms,
                 (long long)s->clock.n_breaks);
}

/* From a configuration; of codecs that have none, from the first frame. Of several tracks the first one is told. */
static void learn_codec(struct source *s, const struct frame *f)
{
    uint8_t *track = f->kind == FRAME_VIDEO ? &s->video_track : &s->audio_track;
    bool     known = source_knows_codec(s, f->kind);
    if (known && (f->track > *track || (f->track == *track && !f->config && f->codec == source_codec(s, f->kind))))
        return;
    if (!f->config && !f->media_len)
        return;
    *track = f->track;
    if (f->kind == FRAME_VIDEO)
        media_info_video(f, s->vhost->publish.parse_sps, &s->video);
    else
        media_info_audio(f, &s->audio);
}

/* A track that goes on in another codec: what described the old one is for nobody. */
static void follow_codec(struct source *s, const struct frame *f)
{
    uint8_t track = f->kind == FRAME_VIDEO ? s->video_track : s->audio_track;
    bool    changed = headers_drop_other_codecs(&s->headers, f);
    changed |= f->track == track && source_knows_codec(s, f->kind) && f->codec != source_codec(s, f->kind);
    if (changed && f->kind == FRAME_VIDEO)
        gops_codec_changed(&s->gops, f);
    learn_codec(s, f);
}

/* Nobody can decode pictures from before the first key frame. */
static bool is_for_nobody(struct source *s, const struct frame *f)
{
    switch (gops_admit(&s->gops, f, source_queue_length_us(s))) {
    case GOPS_PASS: return false;
    case GOPS_GIVE_UP:
        log_warn("stream %s has shown no key frame for %llds (queue_length): its pictures are passed on all the same",
                 s->identity, (long long)(source_queue_length_us(s) / US_PER_SECOND));
        return false;
    case GOPS_EARLY: break;
    }
    if (s->gops.n_early == 1)
        log_info("stream %s begins inside a GOP: its pictures are left out until the first key frame", s->identity);
    return true;
}

static struct err *push(struct source *s, struct frame *f)
{
    follow_gop(s, f);
    bool unwanted = !s->has_gop && s->n_readers == 0;
    if (unwanted || ring_is_full(&s->ring) || s->ring.bytes > SOURCE_BYTES_MAX)
        retention_trim(s);
    if (!ring_push(&s->ring, f)) {
        s->has_gop = false; /* a GOP with a hole is no GOP */
        return err_no_memory();
    }
    s->gop_bytes += ring_frame_bytes(f);
    retention_keep_to_share(s);
    (void)!mem_has_room(); /* others give way, or this one */
    pacer_notice(s);
    return NULL;
}

/* Append what is in order by now, or all that still waits to be sorted. */
static struct err *push_sorted(struct source *s, bool all)
{
    struct err   *e = NULL;
    struct frame *next;
    while (!e && (next = mix_queue_pop(&s->mix, all))) {
        e = push(s, next);
        frame_unref(&next);
    }
    return e;
}

/* Keep it for those who join, and append it behind what the configuration before it has made. */
static struct err *append_header(struct source *s, struct frame *f)
{
    struct err *e = NULL;
    if (is_repeated(s, f))
        return NULL;
    if (f->kind != FRAME_SCRIPT)
        e = push_sorted(s, true);
    headers_put(&s->headers, f);
    return e ? e : push(s, f);
}

/* Pictures and sound; what only describes them is neither. */
static void count_frame(struct source *s, const struct frame *f)
{
    if (f->config || f->media_len == 0 || f->track != 0)
        return;
    if (f->kind == FRAME_VIDEO)
        s->frames_video++;
    else if (f->kind == FRAME_AUDIO)
        s->frames_audio++;
}

struct err *source_append(struct source *s, struct frame *f)
{
    bool sorted = s->vhost->play.mix_correct;
    f->arrived_us = now_us();
    count_frame(s, f);
    if (f->kind != FRAME_SCRIPT)
        follow_codec(s, f);
    if (headers_takes(f))
        return append_header(s, f);
    if (f->kind == FRAME_SCRIPT)
        return push(s, f);
    if (is_for_nobody(s, f))
        return NULL;
    if (!sorted && s->mix.count == 0)
        return push(s, f);
    mix_queue_push(&s->mix, f);
    return push_sorted(s, !sorted);
}

/* Nothing of what was published is for those who join from now on; those who are there read on to its end. */
static void end_publish(struct source *s)
{
    err_free(push_sorted(s, true)); /* without memory its last frames are lost */
    mix_queue_clear(&s->mix);
    headers_clear(&s->headers); /* gop_headers stay: a slow reader may yet jump to that GOP */
    gops_clear(&s->gops);
    s->has_gop = false;
    s->video_track = s->audio_track = 0;
    s->video_told = s->audio_told = false;
    s->unsettled_until_us = 0;
    s->atc = s->vhost->play.atc;
    s->video = (struct video_info){ 0 };
    s->audio = (struct audio_info){ 0 };
}

void source_spell(struct source *s, const char *app, const char *stream)
{
    if (!str_equal(s->app, app) || !str_equal(s->stream, stream))
        take_names(s, app, stream); /* without memory it keeps its other spelling */
}

/* For the API: who publishes since when, and that the vhost has one stream more. */
static void note_publisher(struct source *s, const struct publisher *p)
{
    struct stream_stat *stat = &s->stat;
    str_copy(stat->publisher_id, sizeof stat->publisher_id, p->trace);
    stat->published_wall_ms = wall_now_us() / US_PER_MS;
    if (stat->vhost && !stat->counted_in) {
        stat->counted_in = stat->vhost;
        stat->counted_in->n_streams++;
    }
}

struct err *source_publish(struct source *s, struct publisher *p)
{
    if (s->publisher && !s->vhost->publish.republish_takeover)
        return err_new(E_SYSTEM_STREAM_BUSY, "stream %s is busy, client %s publishes it", s->identity,
                       s->publisher->trace);
    if (!mem_has_room())
        return err_new(E_LIMIT, "no memory for another publisher: the server holds more than memory_limit");
    if (s->publisher) {
        s->publisher->taken_over = true;
        co_cancel(s->publisher->co);
        end_publish(s);
    }
    s->publisher = p;
    s->epoch++;
    stream_clock_begin(&s->clock);
    s->published_at_us = s->unwatched_since_us = now_us();
    note_publisher(s, p);
    return NULL;
}

void source_unpublish(struct source *s, struct publisher *p)
{
    if (s->publisher != p)
        return;
    end_publish(s);
    s->publisher = NULL;
    if (s->stat.counted_in)
        s->stat.counted_in->n_streams--;
    s->stat.counted_in = NULL;
    s->epoch++;
    pacer_release_now(s);
    retention_trim(s); /* players may stay for hours, the last GOP need not */
}

void source_sample(struct source *s, int64_t now)
{
    if (s->sampled_us == now)
        return;
    traffic_sample(&s->traffic, now);
    s->fps = (double)(s->frames_video - s->sampled_frames) * US_PER_SECOND / (double)(now - s->sampled_us);
    s->sampled_us = now;
    s->sampled_frames = s->frames_video;
}
