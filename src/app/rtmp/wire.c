#include "app/rtmp/wire.h"

#include "app/rtmp/media_message.h"

/* RTMP 1.0, 5.3.1.2.1: behind the basic header of one byte; larger times need an extended timestamp */
enum { TIMESTAMP_AT = 1, TIMESTAMP_MAX = 0xFFFFFE };

static struct wire_part message_iov(const struct wire *w, const struct frame *f, int64_t ms, size_t offset,
                                    struct iovec *iov, int n_iov, struct wr *scratch)
{
    struct rtmp_out  m = media_message(f, (uint32_t)ms);
    struct wire_part part = { .wire_len = rtmp_message_wire_len(&m, w->chunk_size) };
    part.n_iov = rtmp_message_iov(&m, w->chunk_size, offset, iov, n_iov, scratch, &part.bytes);
    return part;
}

static void message_write(const struct wire *w, const struct frame *f, int64_t ms, struct wr *out)
{
    struct rtmp_out m = media_message(f, (uint32_t)ms);
    rtmp_message_write(out, &m, w->chunk_size);
}

static void message_stamp(uint8_t *bytes, const struct wire_mark *marks, size_t n, int64_t offset_ms)
{
    for (size_t i = 0; i < n; i++) {
        struct wr w = wr_over(bytes + marks[i].at + TIMESTAMP_AT, 3);
        wr_u24(&w, (uint32_t)(marks[i].ms + offset_ms));
    }
}

static bool is_same(const struct wire *a, const struct wire *b)
{
    return a->chunk_size == b->chunk_size;
}

const struct wire_format rtmp_wire = {
    .name = "RTMP",
    .stamp_max_ms = TIMESTAMP_MAX,
    .iov = message_iov,
    .write = message_write,
    .stamp = message_stamp,
    .is_same = is_same,
};
