#include "app/live/shared_batch.h"

#include "app/source/source.h"
#include "core/clock.h"
#include "core/mem.h"

/* A release: the frames' own times. */
static struct {
    uint64_t serial, from, to;
    uint64_t number; /* counts releases */
    bool     shareable;
    size_t   n_frames;
    int64_t  ms[SHARED_FRAMES_MAX];
    int64_t  min_ms, max_ms;
    bool     smooth; /* jitter_is_step() between all of them */
    bool     has_audio, has_video;
} release;

/* Its bytes for one wire. */
struct muxed {
    struct wire      wire;
    uint64_t         release; /* its number; 0: none yet */
    bool             whole;
    uint8_t         *bytes;
    size_t           len;
    struct wire_mark marks[SHARED_FRAMES_MAX];
    int64_t          offset_ms; /* what is added to the times as they stand in `bytes` now */
};

static struct muxed all[SHARED_WIRES_MAX];

static bool look_at(const struct frame *f)
{
    int64_t ms = f->dts_us / US_PER_MS;
    if (f->kind == FRAME_SCRIPT || release.n_frames == SHARED_FRAMES_MAX)
        return false;
    size_t i = release.n_frames++;
    release.ms[i] = ms;
    release.has_audio |= f->kind == FRAME_AUDIO;
    release.has_video |= f->kind == FRAME_VIDEO;
    release.min_ms = i && release.min_ms < ms ? release.min_ms : ms;
    release.max_ms = i && release.max_ms > ms ? release.max_ms : ms;
    release.smooth = release.smooth && (!i || jitter_is_step(ms - release.ms[i - 1]));
    return true;
}

static void look_at_release(const struct source *s, uint64_t from)
{
    release.number++;
    release.serial = s->serial;
    release.from = from;
    release.to = s->released;
    release.n_frames = 0;
    release.smooth = release.shareable = true;
    release.has_audio = release.has_video = false;
    for (uint64_t seq = from; release.shareable && seq < release.to; seq++)
        release.shareable = look_at(ring_at(&s->ring, seq));
}

static void mux(struct muxed *m, const struct source *s, const struct wire *wire, int64_t offset_ms)
{
    m->wire = *wire;
    m->release = release.number;
    m->offset_ms = offset_ms;
    if (!m->bytes)
        m->bytes = mem_alloc(SHARED_BYTES_MAX);
    m->whole = m->bytes;
    struct wire     w = *wire;
    struct wire_out out = wire_out_copying(m->bytes, m->bytes ? SHARED_BYTES_MAX : 0);
    for (size_t i = 0; m->whole && i < release.n_frames; i++) {
        const struct frame *f = ring_at(&s->ring, release.from + i);
        int64_t             ms = release.ms[i] + offset_ms;
        uint32_t            at = (uint32_t)out.bytes;
        m->marks[i] = (struct wire_mark){ at, at + (uint32_t)wire_before_len(&w, f, ms), release.ms[i] };
        wire_emit(&w, f, ms, &out);
        m->whole = !out.full;
    }
    m->len = out.bytes;
}

/* Where the bytes for such a wire are, or may be put; NULL when this release has filled all places already. */
static struct muxed *place_for(const struct wire *wire)
{
    struct muxed *oldest = all;
    for (struct muxed *m = all; m < all + SHARED_WIRES_MAX; m++) {
        if (m->release && wire_is_same(&m->wire, wire))
            return m;
        if (m->release < oldest->release)
            oldest = m;
    }
    if (oldest->release == release.number)
        return NULL;
    oldest->release = 0;
    return oldest;
}

/* Who leaves some out has other times, too. */
static bool wants_all(const struct wire *w)
{
    return !(w->no_audio && release.has_audio) && !(w->no_video && release.has_video);
}

bool shared_batch_get(struct shared_batch *out, const struct source *s, uint64_t from, const struct wire *wire,
                      const struct jitter *jitter)
{
    if (s->n_readers < SHARED_READERS_MIN || from != s->release_began || from == s->released)
        return false;
    if (release.serial != s->serial || release.from != from || release.to != s->released)
        look_at_release(s, from);
    int64_t offset_ms;
    if (!release.shareable || !wants_all(wire) ||
        !jitter_offset(jitter, release.ms[0], release.min_ms, release.smooth, &offset_ms) ||
        release.max_ms + offset_ms > wire->format->stamp_max_ms || release.min_ms + offset_ms < 0)
        return false;
    struct muxed *m = place_for(wire);
    if (m && m->release != release.number)
        mux(m, s, wire, offset_ms);
    if (!m || !m->whole)
        return false;
    if (m->offset_ms != offset_ms)
        wire->format->stamp(m->bytes, m->marks, release.n_frames, offset_ms);
    m->offset_ms = offset_ms;
    *out = (struct shared_batch){ m->bytes, m->len, release.n_frames, m->marks, offset_ms };
    return true;
}

size_t shared_batch_find(const struct shared_batch *b, size_t offset, size_t *frame_begins, int64_t *ms)
{
    size_t i = b->n_frames - 1;
    while (b->marks[i].at > offset)
        i--;
    *frame_begins = b->marks[i].at;
    *ms = b->marks[i].ms + b->offset_ms;
    return i;
}

void shared_batch_commit(const struct shared_batch *b, struct jitter *jitter, size_t n_frames)
{
    /* By a constant so far: the last frame alone leaves the state that all of them would. */
    int64_t ms = b->marks[n_frames - 1].ms;
    jitter_commit(jitter, ms, ms + b->offset_ms);
}
