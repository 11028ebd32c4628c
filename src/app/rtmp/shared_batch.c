#include "app/rtmp/shared_batch.h"

#include "app/rtmp/media_message.h"
#include "app/source/source.h"
#include "core/clock.h"
#include "core/mem.h"

/* RTMP 1.0, 5.3.1.2.1: behind the basic header of one byte; larger times need an extended timestamp */
enum { TIMESTAMP_AT = 1, TIMESTAMP_MAX = 0xFFFFFE };

static struct {
    /* which release */
    uint64_t serial, from, to;
    uint32_t chunk_size;
    bool     shareable;
    /* its bytes */
    uint8_t *bytes;
    size_t   cap, len;
    /* its frames: where each begins, and its own time */
    size_t   n_frames;
    uint32_t at[SHARED_FRAMES_MAX];
    int64_t  ms[SHARED_FRAMES_MAX];
    int64_t  min_ms, max_ms;
    bool     smooth;    /* jitter_is_step() between all of them */
    int64_t  offset_ms; /* what is added to the times as they stand in `bytes` now */
} shared;

static bool reserve(size_t len)
{
    if (len <= shared.cap)
        return true;
    uint8_t *bytes = len <= SHARED_BYTES_MAX ? mem_realloc(shared.bytes, SHARED_BYTES_MAX) : NULL;
    if (!bytes)
        return false;
    shared.bytes = bytes;
    shared.cap = SHARED_BYTES_MAX;
    return true;
}

/* Append one frame, with time 0. */
static bool add(const struct frame *f)
{
    struct rtmp_out m = media_message(f, 0);
    size_t          wire_len = rtmp_message_wire_len(&m, shared.chunk_size);
    int64_t         ms = f->dts_us / US_PER_MS;
    if (f->kind == FRAME_SCRIPT || shared.n_frames == SHARED_FRAMES_MAX || !reserve(shared.len + wire_len))
        return false;

    struct wr w = wr_over(shared.bytes + shared.len, shared.cap - shared.len);
    rtmp_message_write(&w, &m, shared.chunk_size);
    size_t i = shared.n_frames++;
    shared.at[i] = (uint32_t)shared.len;
    shared.ms[i] = ms;
    shared.min_ms = i && shared.min_ms < ms ? shared.min_ms : ms;
    shared.max_ms = i && shared.max_ms > ms ? shared.max_ms : ms;
    shared.smooth = shared.smooth && (!i || jitter_is_step(ms - shared.ms[i - 1]));
    shared.len += wire_len;
    return !w.full;
}

static void build(const struct source *s, uint64_t from, uint32_t chunk_size)
{
    shared.serial = s->serial;
    shared.from = from;
    shared.to = s->released;
    shared.chunk_size = chunk_size;
    shared.len = shared.n_frames = 0;
    shared.smooth = shared.shareable = true;
    shared.offset_ms = INT64_MIN; /* not stamped yet */
    for (uint64_t seq = from; shared.shareable && seq < shared.to; seq++)
        shared.shareable = add(ring_at(&s->ring, seq));
}

static void stamp(int64_t offset_ms)
{
    if (shared.offset_ms == offset_ms)
        return;
    shared.offset_ms = offset_ms;
    for (size_t i = 0; i < shared.n_frames; i++) {
        uint8_t *field = shared.bytes + shared.at[i] + TIMESTAMP_AT;
        struct wr w = wr_over(field, 3);
        wr_u24(&w, (uint32_t)(shared.ms[i] + offset_ms));
    }
}

bool shared_batch_get(struct shared_batch *out, const struct source *s, uint64_t from, uint32_t chunk_size,
                      const struct jitter *jitter)
{
    if (s->n_readers < SHARED_READERS_MIN || from != s->release_began || from == s->released)
        return false;
    if (shared.serial != s->serial || shared.from != from || shared.to != s->released ||
        shared.chunk_size != chunk_size)
        build(s, from, chunk_size);
    int64_t offset_ms;
    if (!shared.shareable ||
        !jitter_offset(jitter, shared.ms[0], shared.min_ms, shared.smooth, &offset_ms) ||
        shared.max_ms + offset_ms > TIMESTAMP_MAX || shared.min_ms + offset_ms < 0)
        return false;
    stamp(offset_ms);
    *out = (struct shared_batch){ shared.bytes, shared.len, shared.n_frames };
    return true;
}

size_t shared_batch_find(size_t offset, size_t *frame_begins, uint32_t *timestamp_ms)
{
    size_t i = shared.n_frames - 1;
    while (shared.at[i] > offset)
        i--;
    *frame_begins = shared.at[i];
    *timestamp_ms = (uint32_t)(shared.ms[i] + shared.offset_ms);
    return i;
}

void shared_batch_commit(struct jitter *jitter, size_t n_frames)
{
    /* By a constant so far: the last frame alone leaves the state that all of them would. */
    jitter_commit(jitter, shared.ms[n_frames - 1], shared.ms[n_frames - 1] + shared.offset_ms);
}
