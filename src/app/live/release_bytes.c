#include "app/live/release_bytes.h"

#include "app/live/held_wire.h"
#include "app/source/picture_gate.h"
#include "app/source/source.h"
#include "core/clock.h"
#include "core/mem.h"

/* A release: the frames' own times. */
static struct {
    uint64_t serial, from, to;
    uint64_t number; /* counts releases */
    bool     shareable;
    size_t   n_frames, bytes; /* of payload */
    int64_t  ms[SHARED_FRAMES_MAX];
    int64_t  min_ms, max_ms;
    bool     same_shift; /* shift_ms is that of all of them */
    int64_t  shift_ms;
    bool     has_audio, has_video;
    uint64_t pictured; /* the tracks that have pictures in it */
} release;

/* Its bytes for one wire. */
struct muxed {
    uint64_t         release; /* its number; 0: none yet */
    bool             whole;
    uint8_t         *bytes;
    size_t           len, n_messages;
    struct wire_mark marks[SHARED_FRAMES_MAX];
    struct held_wire before, after; /* of the player that they were muxed for, which may have left since, … */
    int64_t          muxed_ms;      /* … and by how much its times were ahead of the stream's */
    struct held_wire stamped;       /* whose the bytes are now, … */
    int64_t          offset_ms;     /* … and what has been added to the times */
    uint64_t         content;       /* counts what they have been made */
};

static struct muxed all[SHARED_WIRES_MAX];
static uint64_t     n_contents;

static bool look_at(const struct frame *f)
{
    int64_t ms = f->dts_us / US_PER_MS;
    if (f->kind == FRAME_SCRIPT || release.n_frames == SHARED_FRAMES_MAX)
        return false;
    size_t i = release.n_frames++;
    release.bytes += f->len;
    release.ms[i] = ms;
    release.has_audio |= f->kind == FRAME_AUDIO;
    release.has_video |= f->kind == FRAME_VIDEO;
    release.pictured |= is_picture(f) ? picture_bit(f) : 0;
    release.min_ms = i && release.min_ms < ms ? release.min_ms : ms;
    release.max_ms = i && release.max_ms > ms ? release.max_ms : ms;
    int64_t shift_ms = f->shift_us / US_PER_MS;
    release.same_shift = release.same_shift && (!i || shift_ms == release.shift_ms);
    release.shift_ms = shift_ms;
    return true;
}

/* The bytes of the last release serve nobody any more: only of what kind they were is still of use. */
static void let_go(void)
{
    for (struct muxed *m = all; m < all + SHARED_WIRES_MAX; m++) {
        struct wire kind = { .format = m->before.wire.format, .framing = m->before.wire.framing };
        if (m->release != release.number)
            continue;
        held_wire_drop(&m->before);
        held_wire_drop(&m->after);
        held_wire_drop(&m->stamped);
        held_wire_set(&m->before, &kind);
    }
}

static void look_at_release(const struct source *s, uint64_t from)
{
    let_go();
    release.number++;
    release.serial = s->serial;
    release.from = from;
    release.to = s->released;
    release.n_frames = release.bytes = 0;
    release.same_shift = release.shareable = true;
    release.has_audio = release.has_video = false;
    release.pictured = 0;
    for (uint64_t seq = from; release.shareable && seq < release.to; seq++)
        release.shareable = look_at(ring_at(&s->ring, seq));
}

/* False when it does not fit, or ends the stream for such players. */
static bool mux_frame(struct muxed *m, size_t i, const struct frame *f, struct wire *w, struct wire_out *out)
{
    int64_t          ms = release.ms[i] + m->muxed_ms;
    uint32_t         at = (uint32_t)out->bytes;
    struct wire_size size = wire_size(w, f, ms);
    if (w->format->is_end && w->format->is_end(w, f))
        return false;
    m->marks[i] = (struct wire_mark){ at, at + (uint32_t)size.before, (uint32_t)size.body, release.ms[i] };
    m->n_messages += size.body > 0;
    wire_emit(w, f, ms, out);
    return !out->full;
}

static void mux(struct muxed *m, const struct source *s, const struct wire *wire, int64_t offset_ms)
{
    m->release = release.number;
    struct wire after = *wire;
    held_wire_set(&m->before, wire);
    held_wire_set(&m->stamped, wire);
    m->offset_ms = m->muxed_ms = offset_ms;
    m->n_messages = 0;
    if (!m->bytes)
        m->bytes = mem_alloc(SHARED_BYTES_MAX);
    m->whole = m->bytes;
    struct wire_out out = wire_out_copying(m->bytes, m->bytes ? SHARED_BYTES_MAX : 0);
    for (size_t i = 0; m->whole && i < release.n_frames; i++)
        m->whole = mux_frame(m, i, ring_at(&s->ring, release.from + i), &after, &out);
    held_wire_set(&m->after, &after);
    m->len = out.bytes;
    m->content = ++n_contents;
}

static bool is_kind(const struct muxed *m, const struct wire *wire)
{
    return m->before.wire.format == wire->format && m->before.wire.framing == wire->framing;
}

/* To put new bytes: rather over those of the same kind, whose memory is warm. */
static bool is_better_place(const struct muxed *m, const struct muxed *than, const struct wire *wire)
{
    if (m->release == release.number || than->release == release.number)
        return m->release < than->release;
    if (is_kind(m, wire) != is_kind(than, wire))
        return is_kind(m, wire);
    return m->release < than->release;
}

/* Where the bytes for such a wire are, or may be put; NULL when this release has filled all places already. */
static struct muxed *place_for(const struct wire *wire, int64_t offset_ms)
{
    struct muxed *best = all;
    for (struct muxed *m = all; m < all + SHARED_WIRES_MAX; m++) {
        struct wire_stamp wanted = { wire, offset_ms }, first = { &m->before.wire, m->muxed_ms };
        if (m->release == release.number && is_kind(m, wire) && wire->format->is_same(&first, &wanted))
            return m;
        if (is_better_place(m, best, wire))
            best = m;
    }
    return best->release < release.number ? best : NULL;
}

/* A player that leaves some frames out gets other times, too. */
static bool wants_all(const struct wire *w)
{
    return !(w->no_audio && release.has_audio) && !(w->no_video && release.has_video);
}

/* Write over what differs between two players whose wires are the same: the times. */
static void stamp_for(struct muxed *m, const struct wire *wire, int64_t offset_ms)
{
    struct wire_stamp from = { &m->stamped.wire, m->offset_ms }, to = { wire, offset_ms };
    if (!wire->format->stamp || (m->offset_ms == offset_ms && !wire->format->pass))
        return;
    if (wire->format->stamp(m->bytes, m->marks, release.n_frames, &from, &to))
        m->content = ++n_contents;
    held_wire_set(&m->stamped, wire);
    m->offset_ms = offset_ms;
}

bool release_bytes_get(struct release_share *out, const struct source *s, uint64_t from, const struct wire *wire,
                       const struct jitter *jitter, uint64_t open)
{
    if (from != s->release_began || from == s->released)
        return false;
    if (from < s->ring.tail)
        return false; /* forgotten before it was released: everybody must jump */
    if (release.serial != s->serial || release.from != from || release.to != s->released)
        look_at_release(s, from);
    if (s->n_readers <= SHARED_READERS_FEW && release.bytes > SHARED_FEW_BYTES)
        return false;
    int64_t offset_ms;
    if (!release.shareable || !wants_all(wire) || (release.pictured & ~open) ||
        !jitter_offset(jitter, release.min_ms, release.same_shift, release.shift_ms, &offset_ms) ||
        release.max_ms + offset_ms > wire->format->stamp_max_ms || release.min_ms + offset_ms < 0)
        return false;
    struct muxed *m = place_for(wire, offset_ms);
    if (m && m->release != release.number)
        mux(m, s, wire, offset_ms);
    if (!m || !m->whole)
        return false;
    stamp_for(m, wire, offset_ms);
    *out = (struct release_share){
        .bytes = m->bytes,
        .len = m->len,
        .n_frames = release.n_frames,
        .n_messages = m->n_messages,
        .marks = m->marks,
        .offset_ms = offset_ms,
        .content = m->content,
        .before = &m->before.wire,
        .after = &m->after.wire,
        .muxed_ms = m->muxed_ms,
    };
    return true;
}

void release_bytes_forget(const struct source *s)
{
    if (release.serial != s->serial)
        return;
    let_go();
    release.serial = 0; /* of no source: the next call looks at its release anew */
}

size_t release_bytes_find(const struct release_share *b, size_t offset, size_t *frame_begins, int64_t *ms)
{
    size_t i = b->n_frames - 1;
    while (b->marks[i].at > offset)
        i--;
    *frame_begins = b->marks[i].at;
    *ms = b->marks[i].ms + b->offset_ms;
    return i;
}

void release_bytes_commit(const struct release_share *b, struct jitter *jitter, size_t n_frames)
{
    /* All frames were shifted by the same constant, so committing the last one is enough. */
    jitter_commit(jitter, b->marks[n_frames - 1].ms + b->offset_ms);
}

void release_bytes_follow(const struct release_share *b, struct wire *wire)
{
    if (wire->format->follow)
        wire->format->follow(wire, b->before, b->after, b->offset_ms - b->muxed_ms);
}

size_t release_bytes_count(const struct release_share *b, size_t n_frames)
{
    size_t n = 0;
    if (n_frames == b->n_frames)
        return b->n_messages;
    for (size_t i = 0; i < n_frames; i++)
        n += b->marks[i].len > 0;
    return n;
}
