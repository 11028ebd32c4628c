#include "app/live/flv_wire.h"

#include "core/clock.h"
#include "kernel/flv.h"
#include "kernel/times.h"

/* Adobe FLV 10.1, E.4.1: Timestamp follows TagType and DataSize; it has 24 bits, then bits 24 to 31. */
enum { TIMESTAMP_AT = 4, TIMESTAMP_LEN = 4 };

static size_t tag_len(const struct wire *w, const struct frame *f, int64_t us)
{
    (void)w;
    (void)us;
    return f->len > FLV_BODY_MAX ? 0 : FLV_TAG_HEADER_LEN + f->len + FLV_TAG_TRAILER_LEN;
}

static void tag_emit(struct wire *w, const struct frame *f, int64_t us, struct wire_out *out)
{
    uint8_t   header[FLV_TAG_HEADER_LEN], trailer[FLV_TAG_TRAILER_LEN];
    struct wr before = wr_over(header, sizeof header), after = wr_over(trailer, sizeof trailer);
    if (tag_len(w, f, us) == 0)
        return;
    flv_write_tag_header(&before, flv_tag_type_of((enum frame_kind)f->kind), f->len, (int32_t)ms_from_us(us));
    flv_write_tag_trailer(&after, f->len);
    wire_put(out, header, sizeof header);
    wire_lend(out, f->data, f->len);
    wire_put(out, trailer, sizeof trailer);
}

static bool tag_stamp(uint8_t *bytes, const struct wire_mark *marks, size_t n, const struct wire_stamp *from,
                      const struct wire_stamp *to)
{
    (void)from;
    for (size_t i = 0; i < n; i++) {
        uint32_t  ms = (uint32_t)ms_from_us(marks[i].us + to->offset_us);
        struct wr w = wr_over(bytes + marks[i].body + TIMESTAMP_AT, TIMESTAMP_LEN);
        wr_u32(&w, ms << 8 | ms >> 24);
    }
    return true;
}

static bool is_same(const struct wire_stamp *a, const struct wire_stamp *b)
{
    (void)a;
    (void)b;
    return true;
}

const struct wire_format flv_wire = {
    .name = "FLV",
    .stamp_max_us = ((int64_t)INT32_MAX + 1) * US_PER_MS - 1,
    .len = tag_len,
    .emit = tag_emit,
    .stamp = tag_stamp,
    .is_same = is_same,
};
