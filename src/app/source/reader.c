#include "app/source/reader.h"

#include "app/source/first_time.h"
#include "app/source/source.h"
#include "core/clock.h"
#include "core/log.h"

/* Time for which a newcomer that has not begun is woken for each frame. */
enum { JOINING_US = 10 * US_PER_SECOND };

static void start_prologue(struct reader *r, const struct headers *from)
{
    headers_copy(&r->prologue, from);
    r->n_prologue_sent = 0;
}

static size_t prologue_left(const struct reader *r)
{
    return r->prologue.count - r->n_prologue_sent;
}

/* Continue at the cursor, with these headers first, and with pictures from their key frames on. */
static void start(struct reader *r, const struct headers *from)
{
    start_prologue(r, from);
    reader_close_gate(r);
}

static void end_joining(struct reader *r)
{
    if (r->joining)
        list_remove(&r->joining_link);
    r->joining = false;
}

void reader_wake_joining(struct source *s, const struct frame *f)
{
    LIST_FOREACH (&s->joining, it, after) {
        struct reader *r = LIST_ENTRY(it, struct reader, joining_link);
        if (f->arrived_us - r->attached_us > JOINING_US) {
            end_joining(r); /* It pauses, or there was no publisher: it can wait for the next release. */
        } else if (reader_passes(r, &(struct picture_gate){ r->gate.open }, f)) {
            r->joined = s->ring.head;
            if (r->waiting)
                co_unpark(r->co);
        }
    }
}

/* The number of the first frame that is not due. */
static uint64_t due_end(const struct reader *r)
{
    const struct source *s = r->source;
    return r->joined > s->released && source_is_settled(s) ? r->joined : s->released;
}

void reader_init(struct reader *r, struct source *s)
{
    *r = (struct reader){ .source = s, .co = co_self() };
    r->seq = s->gops.is_cached ? gops_place(&s->gops)->seq : s->ring.head;
    start(r, s->gops.is_cached ? &gops_place(&s->gops)->headers : &s->headers);
    r->joined = s->ring.head;
    r->joining = true;
    r->attached_us = now_us();
    list_push(&s->joining, &r->joining_link);
    list_push(&s->readers, &r->link);
    s->n_readers++;
}

void reader_start_at(struct reader *r, int64_t us)
{
    const struct source *s = r->source;
    int64_t              now = now_us();
    start(r, &s->headers);
    r->seq = s->ring.head;
    for (uint64_t from = s->ring.tail; from < r->seq;) { /* Frames are in the order of their arrival. */
        uint64_t middle = from + (r->seq - from) / 2;
        if (now - ring_at(&s->ring, middle)->arrived_us < us)
            r->seq = middle;
        else
            from = middle + 1;
    }
}

void reader_finish(struct reader *r)
{
    struct source *s = r->source;
    if (s->next_served == &r->link)
        s->next_served = r->link.next;
    list_remove(&r->link);
    end_joining(r);
    headers_clear(&r->prologue);
    r->source = NULL;
    if (--s->n_readers == 0 && r->delivery)
        r->delivery->forget(s);
}

/* True if the newest key frame is in the log, at the cursor or after it. (It is missing if memory ran out.) */
static bool is_key_ahead(const struct reader *r)
{
    const struct source *s = r->source;
    return gops_place(&s->gops)->seq >= r->seq && gops_place(&s->gops)->seq >= s->ring.tail &&
           gops_place(&s->gops)->seq < s->ring.head && ring_at(&s->ring, gops_place(&s->gops)->seq)->key;
}

/* Skip the frames before the newest key frame. */
static void jump(struct reader *r)
{
    struct source *s = r->source;
    uint64_t       from = r->seq;
    bool           to_key = is_key_ahead(r);
    r->n_jumps++;
    s->n_jumps++;
    s->jumped_us = now_us();
    r->seq = to_key ? gops_place(&s->gops)->seq : s->ring.head;
    r->n_skipped += (int64_t)(r->seq - from);
    start(r, to_key ? &gops_place(&s->gops)->headers : &s->headers);
    log_warn("fell behind on %s: jumped over %lld frames to %s, jumps=%lld, max=%lldms", s->identity,
             (long long)(r->seq - from), to_key ? "the newest key frame" : "the live end", (long long)r->n_jumps,
             (long long)(source_queue_length_us(s) / US_PER_MS));
}

static bool is_too_far_behind(const struct reader *r)
{
    const struct source *s = r->source;
    if (r->seq < s->ring.tail)
        return true;
    if (gops_place(&s->gops)->seq == r->seq || !is_key_ahead(r))
        return false; /* A jump gains nothing: the newest key frame is at the cursor or already passed. */
    const struct frame *oldest = ring_at(&s->ring, r->seq), *newest = ring_at(&s->ring, s->ring.head - 1);
    return newest->arrived_us - oldest->arrived_us > source_queue_length_us(s);
}

void reader_catch_up(struct reader *r)
{
    if (is_too_far_behind(r))
        jump(r);
}

struct frame *reader_peek(const struct reader *r, size_t ahead)
{
    size_t left = prologue_left(r);
    if (ahead < left)
        return r->prologue.frames[r->n_prologue_sent + ahead];
    uint64_t seq = r->seq + (ahead - left);
    return seq < due_end(r) ? ring_at(&r->source->ring, seq) : NULL;
}

bool reader_is_prologue(const struct reader *r, size_t ahead)
{
    return ahead < prologue_left(r);
}

bool reader_passes(const struct reader *r, struct picture_gate *gate, const struct frame *f)
{
    return picture_gate_take(gate, f, r->source->gops.keyless);
}

void reader_close_gate(struct reader *r)
{
    r->gate = (struct picture_gate){ 0 };
}

int64_t reader_first_us(const struct reader *r, size_t ahead)
{
    size_t left = prologue_left(r);
    return first_time_us(r->source, r->seq + (ahead > left ? ahead - left : 0), r->gate);
}

/* Move the gate over the `n` frames at the cursor. True if any of them was for this reader. */
static bool pass_gate(struct reader *r, size_t n)
{
    const struct source *s = r->source;
    bool                 any = false;
    if (!(s->gops.pictured & ~r->gate.open) || r->seq < s->ring.tail)
        return n > 0; /* The gate is open for all tracks. */
    for (size_t i = 0; i < n; i++) {
        bool passes = reader_passes(r, &r->gate, ring_at(&s->ring, r->seq + i));
        any |= passes;
        r->n_skipped += !passes && r->n_jumps;
    }
    return any;
}

void reader_advance(struct reader *r, size_t n)
{
    size_t left = prologue_left(r);
    size_t of_prologue = n < left ? n : left;
    r->n_prologue_sent += of_prologue;
    if (pass_gate(r, n - of_prologue))
        end_joining(r);
    r->seq += n - of_prologue;
    if (r->prologue.count && of_prologue == left) {
        headers_clear(&r->prologue);
        r->n_prologue_sent = 0;
    }
}

bool reader_has_moments(const struct reader *r)
{
    return r->seen != r->source->moments.newest;
}

unsigned reader_take_moments(struct reader *r)
{
    unsigned set = moments_since(&r->source->moments, r->seen);
    r->seen = r->source->moments.newest;
    return set;
}

struct err *reader_wait(struct reader *r, int64_t deadline_us)
{
    r->waiting = true;
    struct err *e = co_park(deadline_us);
    r->waiting = false;
    if (r->under_way)
        r->delivery->settle();
    return e;
}
