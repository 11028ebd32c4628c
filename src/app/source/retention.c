#include "app/source/retention.h"

#include "app/source/give_way.h"
#include "app/source/log_cursor.h"
#include "app/source/reader.h"
#include "app/source/source.h"
#include "app/source/sources.h"
#include "core/clock.h"
#include "core/log.h"

/* A log with more bytes than this is also trimmed by the stream's own time. */
enum { MUCH_BYTES = 4 << 20 };

/* The oldest frame before `keep` that a newcomer may start with (reader_start_at()). */
static uint64_t keep_history(const struct source *s, uint64_t keep)
{
    int64_t  now = now_us(), history_us = source_is_live(s) ? s->vhost->history_us : 0;
    uint64_t seq = s->ring.tail;
    if (history_us == 0)
        return keep;
    while (seq < keep && now - ring_at(&s->ring, seq)->arrived_us > history_us)
        seq++;
    return seq;
}

/* The oldest frame that a reader or a newcomer may still take. */
static uint64_t keep_from(const struct source *s)
{
    uint64_t keep = s->ring.head;
    for (const struct list *it = s->readers.next; it != &s->readers; it = it->next) {
        const struct reader *r = LIST_ENTRY(it, const struct reader, link);
        if (r->seq < keep)
            keep = r->seq;
    }
    for (const struct list *it = s->cursors.next; it != &s->cursors; it = it->next) {
        const struct log_cursor *c = LIST_ENTRY(it, const struct log_cursor, link);
        if (c->seq < keep)
            keep = c->seq;
    }
    if (keep < s->ring.tail)
        keep = s->ring.tail;
    /* Frames are kept for readers up to queue_length: by the clock, and by the stream's own time if that runs faster. If
     * the log is small, the stream's time has only jumped. */
    const struct frame *newest = ring_at(&s->ring, s->ring.head - 1);
    const int64_t       limit_us = source_queue_length_us(s);
    const bool          much = s->ring.bytes > MUCH_BYTES;
    for (; keep < s->ring.head; keep++) {
        const struct frame *f = ring_at(&s->ring, keep);
        if (newest->arrived_us - f->arrived_us <= limit_us && !(much && newest->dts_us - f->dts_us > limit_us))
            break;
    }
    return keep_history(s, s->gops.is_cached && gops_place(&s->gops)->seq < keep ? gops_place(&s->gops)->seq : keep);
}

/*
 * Readers that are looked at for each new frame, on average, to find the oldest one: with many readers, the search waits for
 * several frames.
 */
enum { TRIM_READERS_A_FRAME = 16 };

/* Frames that are forgotten between two looks at the clock. */
enum { TRIM_FRAMES = 64 };

/*
 * Forget frames before `up_to` until the slice is over; the rest is forgotten with the next frames. A slow
 * reader may leave 256 MiB of tiny frames behind.
 */
static void trim_by_time(struct source *s, uint64_t up_to)
{
    s->trims_on = false;
    while (s->ring.tail < up_to) {
        ring_trim(&s->ring, up_to - s->ring.tail < TRIM_FRAMES ? up_to : s->ring.tail + TRIM_FRAMES);
        if (co_slice_is_over() && s->ring.tail < up_to) {
            s->trims_on = true;
            return;
        }
    }
}

/* Trim a log beyond the hard limit to half of it: bytes above the limit at once, the rest slice by slice. */
static void trim_overfull(struct source *s)
{
    while (s->ring.bytes > SOURCE_BYTES_MAX && s->ring.tail < s->ring.head)
        ring_trim(&s->ring, s->ring.tail + 1);
    while (s->ring.bytes > SOURCE_BYTES_MAX / 2 && s->ring.tail < s->ring.head) {
        ring_trim(&s->ring, s->ring.tail + 1);
        if (s->ring.tail % TRIM_FRAMES == 0 && co_slice_is_over())
            return;
    }
    s->is_overfull = false;
}

void retention_trim(struct source *s)
{
    if (s->ring.head == s->ring.tail)
        return;
    if (s->under_way)
        s->under_way->settle();
    bool is_too_much = s->trims_on || s->is_overfull || s->ring.bytes > SOURCE_BYTES_MAX;
    if (!is_too_much && s->ring.head - s->trimmed_at < s->n_readers / TRIM_READERS_A_FRAME)
        return;
    s->trimmed_at = s->ring.head;
    trim_by_time(s, keep_from(s));
    if (s->ring.bytes > SOURCE_BYTES_MAX && !s->is_overfull) {
        log_warn("stream %s holds %zu bytes, more than %d: its GOP cache and slow players lose frames", s->identity,
                 s->ring.bytes, SOURCE_BYTES_MAX);
        s->gops.is_cached = false;
        s->is_overfull = true;
    }
    if (s->is_overfull)
        trim_overfull(s);
}

void retention_keep_to_share(struct source *s)
{
    size_t share = give_way_gop_share(s->owner);
    if (!s->gops.is_cached || s->gops.bytes <= share)
        return;
    log_warn("stream %s has a GOP of more than %zu bytes, its share of memory_limit: new players wait for the next key "
             "frame",
             s->identity, share);
    s->owner->given_up.over_share++;
    s->gops.is_cached = false;
    retention_trim(s);
}
