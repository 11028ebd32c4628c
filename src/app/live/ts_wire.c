#include "app/live/ts_wire.h"

/*
 * A player's time 0 is written as 1.4 s, as ffmpeg's muxer begins too: the first pictures may have to be decoded before it
 * (DECODE_AHEAD_MAX_90K), and a stamp below 0 would be one of 26 hours.
 */
enum { TICKS_PER_MS = 90, START_MS = 1400 };

static size_t packets_len(const struct wire *w, const struct frame *f, int64_t ms)
{
    (void)ms;
    return ts_mux_frame_len(&w->ts, f);
}

static void packets_emit(struct wire *w, const struct frame *f, int64_t ms, struct wire_out *out)
{
    size_t             before = wr_len(&out->scratch);
    enum ts_mux_result result = ts_mux_frame(&w->ts, &out->scratch, f, (ms + START_MS) * TICKS_PER_MS);
    out->full |= result == TS_MUX_FULL;
    if (result == TS_MUX_WRITTEN)
        wire_wrote(out, wr_len(&out->scratch) - before);
}

static void borrows(const struct wire *w, struct frame *frames[WIRE_FRAMES_MAX])
{
    frames[0] = (struct frame *)ts_mux_config(&w->ts);
}

static void packets_pass(struct wire *w, const struct frame *f, int64_t ms)
{
    (void)ms;
    ts_mux_skip(&w->ts, f);
}

static bool is_shift(const struct ts_shift *shift)
{
    static const uint8_t none[TS_TRACKS];
    return shift->delta_90k || memcmp(shift->cc, none, sizeof none) != 0;
}

static bool packets_stamp(uint8_t *bytes, const struct wire_mark *marks, size_t n, const struct wire_stamp *from,
                          const struct wire_stamp *to)
{
    struct ts_shift shift;
    if (!ts_mux_shift(&shift, &from->wire->ts, &to->wire->ts))
        return false; /* never of wires that are the same */
    shift.delta_90k = (to->offset_ms - from->offset_ms) * TICKS_PER_MS;
    if (!is_shift(&shift))
        return false;
    for (size_t i = 0; i < n; i++)
        ts_restamp(bytes + marks[i].body, marks[i].len, &shift);
    return true;
}

static bool is_same(const struct wire_stamp *a, const struct wire_stamp *b)
{
    struct ts_shift shift;
    return ts_mux_shift(&shift, &a->wire->ts, &b->wire->ts);
}

static void packets_follow(struct wire *w, const struct wire *before, const struct wire *after, int64_t delta_ms)
{
    (void)delta_ms;
    ts_mux_follow(&w->ts, &before->ts, &after->ts);
}

const struct wire_format ts_wire = {
    .name = "MPEG-TS",
    .copies = true,
    .stamp_max_ms = INT64_MAX / (2 * TICKS_PER_MS),
    .len = packets_len,
    .emit = packets_emit,
    .borrows = borrows,
    .pass = packets_pass,
    .stamp = packets_stamp,
    .is_same = is_same,
    .follow = packets_follow,
};
