#include "app/source/first_time.h"

#include "app/source/source.h"
#include "core/attr.h"

/* Number of frames among which the first frame of a kind is searched. */
enum { FIRST_FRAMES = 512 };

static bool find(const struct source *s, uint64_t seq, struct picture_gate gate, enum frame_kind kind, int64_t *us)
{
    uint64_t end = s->ring.head - seq > FIRST_FRAMES ? seq + FIRST_FRAMES : s->ring.head;
    for (; seq < end; seq++) {
        const struct frame *f = ring_at(&s->ring, seq);
        if (f->kind == kind && !frame_is_header(f) && picture_gate_take(&gate, f, s->gops.keyless)) {
            *us = f->dts_us;
            return true;
        }
    }
    return false;
}

int64_t first_time_us(const struct source *s, uint64_t seq, struct picture_gate gate)
{
    static const enum frame_kind kinds[] = { FRAME_AUDIO, FRAME_VIDEO };
    int64_t                      us, first_us = INT64_MAX;
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if ((find(s, seq, gate, kinds[i], &us) || stream_clock_reached(&s->clock, kinds[i], now_us(), &us)) &&
            us < first_us)
            first_us = us;
    return first_us == INT64_MAX ? s->clock.newest_us : first_us;
}
