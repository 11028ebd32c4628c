#include "app/rtmp/rtmp_wire.h"

#include "core/clock.h"
#include "kernel/times.h"
#include "protocol/rtmp/chunk_writer.h"

/* RTMP 1.0, 5.3.1.2.1: the timestamp lies behind the basic header of one byte; larger times need an extended timestamp. */
enum { TIMESTAMP_AT = 1, TIMESTAMP_MAX = 0xFFFFFE };

/* Make a message of the frame, whose bytes it borrows. */
static struct rtmp_out message_of(const struct wire *w, const struct frame *f, int64_t us)
{
    static const struct rtmp_out kinds[] = {
        [FRAME_AUDIO] = { .csid = RTMP_CSID_AUDIO, .type_id = RTMP_TYPE_AUDIO },
        [FRAME_VIDEO] = { .csid = RTMP_CSID_VIDEO, .type_id = RTMP_TYPE_VIDEO },
        [FRAME_SCRIPT] = { .csid = RTMP_CSID_AUDIO, .type_id = RTMP_TYPE_DATA },
    };
    struct rtmp_out m = kinds[f->kind];
    m.msid = w->msid;
    m.timestamp_ms = (uint32_t)ms_from_us(us);
    m.len = f->len;
    m.body = f->data;
    return m;
}

static size_t message_len(const struct wire *w, const struct frame *f, int64_t us)
{
    struct rtmp_out m = message_of(w, f, us);
    return rtmp_message_wire_len(&m, w->chunk_size);
}

/* Put a message. The chunk in which it was cut is computed, without a walk over the chunks before it. */
static void message_emit(struct wire *w, const struct frame *f, int64_t us, struct wire_out *out)
{
    struct rtmp_out m = message_of(w, f, us);
    if (!out->iov) {
        rtmp_message_write(&out->scratch, &m, w->chunk_size);
        out->bytes = wr_len(&out->scratch);
        out->full = out->scratch.full;
        return;
    }
    size_t covered, left = rtmp_message_wire_len(&m, w->chunk_size) - out->skip;
    out->n_iov += rtmp_message_iov(&m, w->chunk_size, out->skip, out->iov + out->n_iov, out->cap_iov - out->n_iov,
                                   &out->scratch, &covered);
    out->bytes += covered;
    out->full = covered < left;
}

static bool message_stamp(uint8_t *bytes, const struct wire_mark *marks, size_t n, const struct wire_stamp *from,
                          const struct wire_stamp *to)
{
    (void)from;
    for (size_t i = 0; i < n; i++) {
        struct wr w = wr_over(bytes + marks[i].body + TIMESTAMP_AT, 3);
        wr_u24(&w, (uint32_t)ms_from_us(marks[i].us + to->offset_us));
    }
    return true;
}

static bool is_same(const struct wire_stamp *a, const struct wire_stamp *b)
{
    return a->wire->chunk_size == b->wire->chunk_size && a->wire->msid == b->wire->msid;
}

const struct wire_format rtmp_wire = {
    .name = "RTMP",
    .stamp_max_us = (int64_t)(TIMESTAMP_MAX + 1) * US_PER_MS - 1,
    .len = message_len,
    .emit = message_emit,
    .stamp = message_stamp,
    .is_same = is_same,
};
