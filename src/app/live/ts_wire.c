#include "app/live/ts_wire.h"

#include "kernel/times.h"

/*
 * A player's time 0 is written as 1.4 s, the value with which the muxer of ffmpeg begins. The first pictures may have to be
 * decoded before time 0 (DECODE_AHEAD_MAX_90K), and a timestamp below 0 would wrap to 26 hours.
 */
enum { START_US = 1400000 };

static size_t packets_len(const struct wire *w, const struct frame *f, int64_t us)
{
    (void)us;
    return ts_mux_frame_len(&w->ts, f);
}

static void packets_emit(struct wire *w, const struct frame *f, int64_t us, struct wire_out *out)
{
    size_t             before = wr_len(&out->scratch);
    enum ts_mux_result result = ts_mux_frame(&w->ts, &out->scratch, f, ticks_90k_from_us(us + START_US));
    out->full |= result == TS_MUX_FULL;
    if (result == TS_MUX_WRITTEN)
        wire_wrote(out, wr_len(&out->scratch) - before);
}

static void borrows(const struct wire *w, struct frame *frames[WIRE_FRAMES_MAX])
{
    frames[0] = (struct frame *)ts_mux_config(&w->ts);
}

static void packets_pass(struct wire *w, const struct frame *f, int64_t us)
{
    (void)us;
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
        return false; /* This cannot happen: the wires are the same. */
    shift.delta_90k = ticks_90k_from_us(to->offset_us - from->offset_us);
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

static void packets_follow(struct wire *w, const struct wire *before, const struct wire *after, int64_t delta_us)
{
    (void)delta_us;
    ts_mux_follow(&w->ts, &before->ts, &after->ts);
}

const struct wire_format ts_wire = {
    .name = "MPEG-TS",
    .copies = true,
    .stamp_max_us = INT64_MAX / 2,
    .len = packets_len,
    .emit = packets_emit,
    .borrows = borrows,
    .pass = packets_pass,
    .stamp = packets_stamp,
    .is_same = is_same,
    .follow = packets_follow,
};
