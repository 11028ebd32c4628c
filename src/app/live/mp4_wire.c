#include "app/live/mp4_wire.h"

#include "kernel/mp4/in_band.h"
#include "kernel/times.h"

/* False for pictures before the first key frame, which cannot be decoded. */
static bool is_fragment(const struct wire *w, const struct frame *f)
{
    bool begun = f->kind != FRAME_VIDEO || f->key || w->mp4.tracks[MP4_TRACK_VIDEO].last_dts_90k >= 0;
    return begun && mp4_mux_look(&w->mp4, f) == MP4_FRAME_CARRIED;
}

static size_t fragment_len(const struct wire *w, const struct frame *f, int64_t us)
{
    const struct frame *sets = mp4_mux_sets(&w->mp4, f);
    (void)us;
    if (!is_fragment(w, f))
        return 0;
    return MP4_MUX_HEAD_LEN + (sets ? mp4_in_band_len(sets) : 0) + mp4_sample_payload(f).len;
}

static void put_sets(const struct frame *sets, struct wire_out *out)
{
    size_t   len = mp4_in_band_len(sets);
    uint8_t *bytes = wr_room(&out->scratch, len);
    out->full |= !bytes;
    if (!bytes)
        return;
    struct wr w = wr_over(bytes, len);
    mp4_in_band_write(sets, &w);
    wire_wrote(out, len);
}

static void put_sample(const struct wire *w, const struct frame *f, struct wire_out *out)
{
    const struct frame *sets = mp4_mux_sets(&w->mp4, f);
    struct mp4_payload  payload = mp4_sample_payload(f);
    size_t              at = sets ? mp4_in_band_at(sets, f) : 0;
    wire_lend(out, payload.bytes, at);
    if (sets)
        put_sets(sets, out);
    wire_lend(out, payload.bytes + at, payload.len - at);
}

/* Write the head of a fragment, or follow a configuration. False if the frame has no bytes. */
static bool move_over(struct wire *w, const struct frame *f, int64_t us, struct wr *head)
{
    if (mp4_mux_look(&w->mp4, f) == MP4_FRAME_NEW_SETS)
        mp4_mux_take_sets(&w->mp4, f);
    if (!is_fragment(w, f))
        return false;
    mp4_mux_write_head(&w->mp4, head, f, ticks_90k_from_us(us));
    return true;
}

static void fragment_emit(struct wire *w, const struct frame *f, int64_t us, struct wire_out *out)
{
    uint8_t   head[MP4_MUX_HEAD_LEN];
    struct wr to = wr_over(head, sizeof head);
    if (!move_over(w, f, us, &to))
        return;
    wire_put(out, head, sizeof head);
    put_sample(w, f, out);
}

static void fragment_pass(struct wire *w, const struct frame *f, int64_t us)
{
    uint8_t   head[MP4_MUX_HEAD_LEN];
    struct wr to = wr_over(head, sizeof head);
    (void)move_over(w, f, us, &to);
}

/* The difference between the times of the second player and those of the first. */
static int64_t delta_90k(const struct wire_stamp *a, const struct wire_stamp *b)
{
    return ticks_90k_from_us(b->offset_us - a->offset_us) + b->wire->mp4.start_90k - a->wire->mp4.start_90k;
}

static bool fragments_stamp(uint8_t *bytes, const struct wire_mark *marks, size_t n, const struct wire_stamp *from,
                            const struct wire_stamp *to)
{
    int64_t  later_90k = delta_90k(from, to);
    uint32_t delta_sequence = to->wire->mp4.sequence - from->wire->mp4.sequence;
    if (!later_90k && !delta_sequence)
        return false;
    for (size_t i = 0; i < n; i++)
        if (marks[i].len && !mp4_mux_restamp(bytes + marks[i].body, marks[i].len, later_90k, delta_sequence))
            break; /* This cannot happen: the bytes are whole fragments. */
    return true;
}

static bool is_same_track(const struct mp4_mux_track *a, const struct mp4_mux_track *b, int64_t later_90k)
{
    const struct frame *of_a = a->entry.config, *of_b = b->entry.config;
    if (!of_a || !of_b)
        return !of_a && !of_b;
    int64_t last_90k = a->last_dts_90k < 0 ? a->last_dts_90k : a->last_dts_90k + later_90k;
    return of_a->codec == of_b->codec && of_a->track == of_b->track && last_90k == b->last_dts_90k &&
           a->duration_90k == b->duration_90k;
}

/* Compare the video tracks of two players: when the first picture can be decoded depends on the player's own time. */
static bool is_same_picture(const struct mp4_mux *a, const struct mp4_mux *b, int64_t later_90k)
{
    const struct mp4_mux_track *t = &a->tracks[MP4_TRACK_VIDEO];
    return !t->entry.config || (decode_ahead_is_like(&a->ahead, &b->ahead) && (t->last_dts_90k >= 0 || !later_90k));
}

static bool is_same(const struct wire_stamp *a, const struct wire_stamp *b)
{
    const struct mp4_mux *of_a = &a->wire->mp4, *of_b = &b->wire->mp4;
    int64_t               later_90k = delta_90k(a, b);
    if (of_a->may_change != of_b->may_change || of_a->has_changed != of_b->has_changed)
        return false;
    for (int i = 0; i < MP4_TRACKS; i++)
        if (!is_same_track(&of_a->tracks[i], &of_b->tracks[i], later_90k))
            return false;
    return is_same_picture(of_a, of_b, later_90k);
}

static void follow(struct wire *w, const struct wire *before, const struct wire *after, int64_t delta_us)
{
    int64_t later_90k = ticks_90k_from_us(delta_us) + w->mp4.start_90k - before->mp4.start_90k;
    w->mp4.sequence += after->mp4.sequence - before->mp4.sequence;
    w->mp4.ahead = after->mp4.ahead;
    w->mp4.has_changed = after->mp4.has_changed;
    for (int i = 0; i < MP4_TRACKS; i++) {
        const struct mp4_mux_track *to = &after->mp4.tracks[i];
        if (to->last_dts_90k >= 0)
            w->mp4.tracks[i].last_dts_90k = to->last_dts_90k + later_90k;
        w->mp4.tracks[i].duration_90k = to->duration_90k;
        if (to->entry.config != before->mp4.tracks[i].entry.config)
            w->mp4.tracks[i].entry.config = to->entry.config;
    }
}

static void borrows(const struct wire *w, struct frame *frames[WIRE_FRAMES_MAX])
{
    for (int i = 0; i < MP4_TRACKS; i++)
        frames[i] = (struct frame *)w->mp4.tracks[i].entry.config;
}

/* True for a track that could have been there from the beginning. A track whose configuration tells too little stays out. */
static bool is_late_track(const struct frame *f)
{
    struct mp4_sample_entry entry;
    return f->track == 0 && mp4_sample_entry_read(&entry, f, NULL) == MP4_OK;
}

/* True if the frame needs another moov: no player continues after one, so the response ends and the player asks again. */
static bool is_end(const struct wire *w, const struct frame *f)
{
    switch (mp4_mux_look(&w->mp4, f)) {
    case MP4_FRAME_CHANGES: return true;
    case MP4_FRAME_NEW_TRACK: return is_late_track(f);
    default: return false;
    }
}

const struct wire_format mp4_wire = {
    .name = "MP4",
    .stamp_max_us = INT64_MAX / 2,
    .len = fragment_len,
    .emit = fragment_emit,
    .borrows = borrows,
    .pass = fragment_pass,
    .is_end = is_end,
    .stamp = fragments_stamp,
    .is_same = is_same,
    .follow = follow,
};
