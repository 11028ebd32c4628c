#include "kernel/flv_part.h"

#include "fuzzing.h"

/* Heads fit and are FLV; what the index tells is not late. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static uint8_t    head[FLV_PART_HEAD_MAX];
    struct flv_header header;
    struct flv_tag    tag;
    struct flv_peek   peek;
    struct rd         file = rd_over(data, len);
    int32_t           ms = len ? data[len - 1] * 100 : 0, at_ms;
    uint64_t          at;
    for (int with_time = 0; with_time < 2; with_time++) {
        struct wr out = wr_over(head, sizeof head);
        if (!(with_time ? flv_part_head_at(file, ms, 7, &out) : flv_part_head(file, &out)))
            continue;
        struct rd r = rd_over(head, wr_len(&out));
        check(flv_read_header(&r, &header) == FLV_GOT);
        while (flv_read_tag(&r, &tag) == FLV_GOT)
            check(!with_time || tag.dts_ms == ms);
        check(rd_left(&r) == 0);
    }
    if (flv_part_indexed(file, ms, &at, &at_ms))
        check(at_ms <= ms && at > 0);
    if (len >= FLV_PEEK_LEN && flv_peek(data, &peek))
        check(!peek.is_key || peek.is_media);
    return 0;
}
