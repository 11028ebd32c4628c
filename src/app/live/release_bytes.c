#include "app/live/release_bytes.h"

#include "app/source/picture_gate.h"
#include "app/source/source.h"
#include "core/clock.h"
#include "core/mem.h"

static bool look_at_frame(struct release_times *t, const struct frame *f)
{
    int64_t us = f->dts_us;
    if (f->kind == FRAME_SCRIPT || t->n_frames == SHARED_FRAMES_MAX)
        return false;
    size_t i = t->n_frames++;
    t->bytes += f->len;
    t->us[i] = us;
    t->has_audio |= f->kind == FRAME_AUDIO;
    t->has_video |= f->kind == FRAME_VIDEO;
    t->pictured |= is_picture(f) ? picture_bit(f) : 0;
    t->min_us = i && t->min_us < us ? t->min_us : us;
    t->max_us = i && t->max_us > us ? t->max_us : us;
    t->same_shift = t->same_shift && (!i || f->shift_us == t->shift_us);
    t->shift_us = f->shift_us;
    return true;
}

/* Drop the frames of the last release. Only the kind of its wires is still used, to find warm memory. */
static void let_go(struct release_bytes *rb)
{
    for (struct release_form *m = rb->forms; m < rb->forms + SHARED_WIRES_MAX; m++) {
        struct wire kind = { .format = m->before.wire.format, .framing = m->before.wire.framing };
        if (m->release != rb->times.number)
            continue;
        held_wire_drop(&m->before);
        held_wire_drop(&m->after);
        held_wire_drop(&m->stamped);
        held_wire_set(&m->before, &kind);
    }
}

static void look_at_release(struct release_bytes *rb, const struct source *s, uint64_t from)
{
    struct release_times *t = &rb->times;
    let_go(rb);
    t->number++;
    t->serial = s->serial;
    t->from = from;
    t->to = s->released;
    t->n_frames = t->bytes = 0;
    t->same_shift = t->shareable = true;
    t->has_audio = t->has_video = false;
    t->pictured = 0;
    t->arrived_us = ring_at(&s->ring, from)->arrived_us;
    for (uint64_t seq = from; t->shareable && seq < t->to; seq++)
        t->shareable = look_at_frame(t, ring_at(&s->ring, seq));
}

/* Mux one frame. False if it does not fit, or ends the stream for players with this wire. */
static bool mux_frame(struct release_form *m, size_t i, const struct frame *f, int64_t own_us, struct wire *w,
                      struct wire_out *out)
{
    int64_t          us = own_us + m->muxed_us;
    uint32_t         at = (uint32_t)out->bytes;
    struct wire_size size = wire_size(w, f, us);
    if (w->format->is_end && w->format->is_end(w, f))
        return false;
    m->marks[i] = (struct wire_mark){ at, at + (uint32_t)size.before, (uint32_t)size.body, own_us };
    m->n_messages += size.body > 0;
    wire_emit(w, f, us, out);
    return !out->full;
}

static void mux(struct release_bytes *rb, struct release_form *m, const struct source *s, const struct wire *wire,
                int64_t offset_us)
{
    const struct release_times *t = &rb->times;
    struct wire                 after = *wire;
    m->release = t->number;
    held_wire_set(&m->before, wire);
    held_wire_set(&m->stamped, wire);
    m->offset_us = m->muxed_us = offset_us;
    m->n_messages = 0;
    if (!m->bytes)
        m->bytes = mem_alloc(SHARED_BYTES_MAX);
    m->whole = m->bytes;
    struct wire_out out = wire_out_copying(m->bytes, m->bytes ? SHARED_BYTES_MAX : 0);
    for (size_t i = 0; m->whole && i < t->n_frames; i++)
        m->whole = mux_frame(m, i, ring_at(&s->ring, t->from + i), t->us[i], &after, &out);
    held_wire_set(&m->after, &after);
    m->len = out.bytes;
    m->content = ++rb->n_contents;
}

static bool is_kind(const struct release_form *m, const struct wire *wire)
{
    return m->before.wire.format == wire->format && m->before.wire.framing == wire->framing;
}

/* True if `m` is better than `than`: this release does not use it, and its memory is warm if it had the same kind of wire. */
static bool is_better_place(const struct release_form *m, const struct release_form *than, const struct wire *wire,
                            uint64_t release)
{
    if (m->release == release || than->release == release)
        return m->release < than->release;
    if (is_kind(m, wire) != is_kind(than, wire))
        return is_kind(m, wire);
    return m->release < than->release;
}

/* Find the form that has the bytes for a wire, or may take them; NULL if this release has used all forms already. */
static struct release_form *form_for(struct release_bytes *rb, const struct wire *wire, int64_t offset_us)
{
    uint64_t             release = rb->times.number;
    struct release_form *best = rb->forms;
    for (struct release_form *m = rb->forms; m < rb->forms + SHARED_WIRES_MAX; m++) {
        struct wire_stamp wanted = { wire, offset_us }, first = { &m->before.wire, m->muxed_us };
        if (m->release == release && is_kind(m, wire) && wire->format->is_same(&first, &wanted))
            return m;
        if (is_better_place(m, best, wire, release))
            best = m;
    }
    return best->release < release ? best : NULL;
}

/* Write a player's times over those of the last player, whose wire is the same otherwise. */
static void stamp_for(struct release_bytes *rb, struct release_form *m, const struct wire *wire, int64_t offset_us)
{
    struct wire_stamp from = { &m->stamped.wire, m->offset_us }, to = { wire, offset_us };
    if (!wire->format->stamp || (m->offset_us == offset_us && !wire->format->pass))
        return;
    if (wire->format->stamp(m->bytes, m->marks, rb->times.n_frames, &from, &to))
        m->content = ++rb->n_contents;
    held_wire_set(&m->stamped, wire);
    m->offset_us = offset_us;
}

/* True if every frame is for this player, and the player's times are the stream's plus one constant. */
static bool is_for(const struct release_times *t, const struct wire *w, const struct jitter *jitter, uint64_t open,
                   int64_t *offset_us)
{
    return t->shareable && !(w->no_audio && t->has_audio) && !(w->no_video && t->has_video) && !(t->pictured & ~open) &&
           jitter_offset(jitter, t->min_us, t->same_shift, t->shift_us, offset_us) &&
           t->max_us + *offset_us <= w->format->stamp_max_us && t->min_us + *offset_us >= 0;
}

bool release_bytes_get(struct release_bytes *rb, struct release_share *out, const struct source *s, uint64_t from,
                       const struct wire *wire, const struct jitter *jitter, uint64_t open)
{
    const struct release_times *t = &rb->times;
    if (from != s->release_began || from == s->released)
        return false;
    if (from < s->ring.tail)
        return false; /* The frame was forgotten before it was released: every reader must jump. */
    if (t->serial != s->serial || t->from != from || t->to != s->released)
        look_at_release(rb, s, from);
    if (s->n_readers <= SHARED_READERS_FEW && t->bytes > SHARED_FEW_BYTES)
        return false;
    int64_t offset_us;
    if (!is_for(t, wire, jitter, open, &offset_us))
        return false;
    struct release_form *m = form_for(rb, wire, offset_us);
    if (m && m->release != t->number)
        mux(rb, m, s, wire, offset_us);
    if (!m || !m->whole)
        return false;
    stamp_for(rb, m, wire, offset_us);
    *out = (struct release_share){
        .bytes = m->bytes,
        .len = m->len,
        .n_frames = t->n_frames,
        .n_messages = m->n_messages,
        .marks = m->marks,
        .offset_us = offset_us,
        .content = m->content,
        .before = &m->before.wire,
        .after = &m->after.wire,
        .muxed_us = m->muxed_us,
        .arrived_us = t->arrived_us,
    };
    return true;
}

void release_bytes_forget(struct release_bytes *rb, const struct source *s)
{
    if (rb->times.serial != s->serial)
        return;
    let_go(rb);
    rb->times.serial = 0; /* No source has this serial, so the next call looks at its release again. */
}

size_t release_share_find(const struct release_share *b, size_t offset, size_t *frame_begins, int64_t *us)
{
    size_t i = b->n_frames - 1;
    while (b->marks[i].at > offset)
        i--;
    *frame_begins = b->marks[i].at;
    *us = b->marks[i].us + b->offset_us;
    return i;
}

void release_share_commit(const struct release_share *b, struct jitter *jitter, size_t n_frames)
{
    /* All frames were shifted by the same constant, so committing the last one is enough. */
    jitter_commit(jitter, b->marks[n_frames - 1].us + b->offset_us);
}

void release_share_follow(const struct release_share *b, struct wire *wire)
{
    if (wire->format->follow)
        wire->format->follow(wire, b->before, b->after, b->offset_us - b->muxed_us);
}

size_t release_share_count(const struct release_share *b, size_t n_frames)
{
    size_t n = 0;
    if (n_frames == b->n_frames)
        return b->n_messages;
    for (size_t i = 0; i < n_frames; i++)
        n += b->marks[i].len > 0;
    return n;
}
