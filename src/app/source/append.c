#include "app/source/append.h"

#include <string.h>

#include "app/source/log_cursor.h"
#include "app/source/pacer.h"
#include "app/source/retention.h"
#include "app/source/source.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/mem.h"

/* Bounds of the wait for the other kind of media at the start of a publish: time, and number of frames. */
enum { SETTLE_US = 500 * US_PER_MS, SETTLE_FRAMES = 64 };

static size_t bytes_from(const struct source *s, uint64_t seq)
{
    size_t bytes = 0;
    for (; seq < s->ring.head; seq++)
        bytes += ring_frame_bytes(ring_at(&s->ring, seq));
    return bytes;
}

/* After a key frame, choose anew where newcomers begin and slow readers jump to. The place was frame `before`. */
static void begin_gop(struct source *s, uint64_t before)
{
    if (!gops_choose(&s->gops, s->ring.tail))
        return;
    uint64_t seq = gops_place(&s->gops)->seq;
    if (seq != before)
        s->gops.bytes = bytes_from(s, seq);
    s->gops.is_cached = s->vhost->play.gop_cache;
    retention_trim(s);
}

/* Keep track of where a new reader would start; `f` is about to be appended. */
static void follow_gop(struct source *s, const struct frame *f)
{
    int      max_frames = s->vhost->play.gop_cache_max_frames;
    uint64_t before = gops_place(&s->gops)->seq;
    gops_follow(&s->gops, f, s->ring.head, &s->headers);
    if (is_picture(f) && f->key)
        begin_gop(s, before);
    else if (f->kind == FRAME_AUDIO && gops_are_over(&s->gops, f))
        s->gops.is_cached = false; /* The pictures have stopped, so new readers start at the live end. */
    if (s->gops.is_cached && max_frames > 0 && s->ring.head - gops_place(&s->gops)->seq >= (uint64_t)max_frames) {
        log_warn("stream %s has more than %d frames in a GOP (gop_cache_max_frames): new players get sound at once and "
                 "pictures from the next key frame on",
                 s->identity, max_frames);
        s->gops.is_cached = false;
    }
}

static bool same_payload(const struct frame *a, const struct frame *b)
{
    return a && b && a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

/* True for metadata or a configuration that equals the one before. */
static bool is_repeated(const struct source *s, const struct frame *f)
{
    return s->vhost->play.reduce_sequence_header && same_payload(headers_find_like(&s->headers, f), f);
}

/* True for the first, second, fourth, eighth … break: only these are logged. */
static bool is_worth_a_line(int64_t n)
{
    return (n & (n - 1)) == 0;
}

/*
 * Let the first frames of a publish wait for the first frame of the other kind, if its configuration has come: players begin at
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

bool source_stamp(struct source *s, struct frame *f, int64_t raw_us)
{
    bool              is_first = !s->clock.started;
    struct clock_time t = stream_clock_stamp(&s->clock, f, raw_us, now_us());
    int64_t           jump_us = t.jump_us;
    if (!frame_is_header(f))
        settle(s, f, is_first);
    if (is_first && s->clock.started)
        headers_clear(&s->before);
    if (jump_us)
        s->pulse.broke_us = now_us();
    if (jump_us && is_worth_a_line(s->clock.n_breaks))
        log_warn("the %s time of %s jumped by %lldms: it goes on without the jump, breaks=%lld",
                 f->kind == FRAME_VIDEO ? "video" : "audio", s->identity, (long long)(jump_us / US_PER_MS),
                 (long long)s->clock.n_breaks);
    return !t.is_late;
}

/* Learn the codec of a kind from its configuration, or from its first frame if the codec has none. The first track counts. */
static void learn_codec(struct source *s, const struct frame *f)
{
    uint8_t *track = f->kind == FRAME_VIDEO ? &s->video_track : &s->audio_track;
    bool     known = source_knows_codec(s, f->kind);
    if (known && f->key && s->video.width == 0 && f->track == *track && f->codec == s->video.codec)
        media_info_size_of_key(f, &s->video);
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

/* If a track continues in another codec, drop the headers of the old one. */
static void follow_codec(struct source *s, const struct frame *f)
{
    uint8_t track = f->kind == FRAME_VIDEO ? s->video_track : s->audio_track;
    bool    changed = headers_drop_other_codecs(&s->headers, f);
    changed |= f->track == track && source_knows_codec(s, f->kind) && f->codec != source_codec(s, f->kind);
    if (changed && f->kind == FRAME_VIDEO)
        gops_codec_changed(&s->gops, f);
    learn_codec(s, f);
}

/* True for a picture before the first key frame of its track: no reader can decode it. */
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

/* Without a cached GOP and with few readers, frames that they have read are forgotten every FEW_FRAMES frames. */
enum { FEW_READERS = 4, FEW_FRAMES = 16 };

static bool is_worth_trimming(const struct source *s)
{
    if (s->gops.is_cached)
        return false;
    return s->n_readers == 0 ||
           (s->n_readers <= FEW_READERS && s->ring.head - s->ring.tail >= FEW_FRAMES && s->ring.head % FEW_FRAMES == 0);
}

static struct err *push(struct source *s, struct frame *f)
{
    follow_gop(s, f);
    if (is_worth_trimming(s) || ring_is_full(&s->ring) || s->ring.bytes > SOURCE_BYTES_MAX || s->is_overfull ||
        s->trims_on)
        retention_trim(s);
    if (!ring_push(&s->ring, f)) {
        s->gops.is_cached = false; /* A GOP with a hole cannot be decoded. */
        return err_no_memory();
    }
    s->gops.bytes += ring_frame_bytes(f);
    retention_keep_to_share(s);
    (void)!mem_has_room(); /* Above the limit, streams give memory back (give_way.h). */
    log_cursors_wake(s, f);
    pacer_notice(s);
    return NULL;
}

/* Append the frames whose order is certain, or all frames that wait to be sorted. */
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

/* Tell the clock if a publish begins with another configuration than the last one had. */
static void compare_with_last(struct source *s, const struct frame *f)
{
    const struct frame *before = f->kind != FRAME_SCRIPT && f->config ? headers_find_like(&s->before, f) : NULL;
    if (before && !same_payload(before, f))
        stream_clock_hurry(&s->clock);
}

/* Keep a header for newcomers, and append it after the frames that belong to the previous header. */
static struct err *append_header(struct source *s, struct frame *f)
{
    struct err *e = NULL;
    if (is_repeated(s, f))
        return NULL;
    compare_with_last(s, f);
    if (f->kind != FRAME_SCRIPT)
        e = push_sorted(s, true);
    headers_put(&s->headers, f);
    return e ? e : push(s, f);
}

/* Count pictures and sound; configurations and metadata are not counted. */
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
    pulse_follow(&s->pulse, f);
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

struct err *source_append_rest(struct source *s)
{
    return push_sorted(s, true);
}
