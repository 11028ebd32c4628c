#include "kernel/flv_stream.h"

#include <stdlib.h>

struct outcome {
    enum flv_stream_read end;
    uint64_t             sum;
};

static struct outcome run(const uint8_t *data, size_t len, size_t step)
{
    struct flv_stream s = { 0 };
    struct outcome    o = { FLV_STREAM_NEED_MORE, 0 };
    for (size_t at = 0; at < len && o.end == FLV_STREAM_NEED_MORE; at += step) {
        struct rd             in = rd_over(data + at, len - at < step ? len - at : step);
        struct flv_stream_tag tag;
        while ((o.end = flv_stream_read(&s, &in, &tag)) == FLV_STREAM_TAG) {
            o.sum = o.sum * 31 + (uint32_t)tag.dts_ms + tag.frame->len;
            for (size_t i = 0; i < tag.frame->len; i++)
                o.sum = o.sum * 31 + tag.frame->data[i];
            frame_unref(&tag.frame);
        }
        if (o.end == FLV_STREAM_NEED_MORE && rd_left(&in))
            abort();
    }
    flv_stream_finish(&s);
    return o;
}

/* Every cut of the bytes gives the same tags. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len < 2)
        return 0;
    struct outcome whole = run(data + 1, len - 1, len), cut = run(data + 1, len - 1, 1 + data[0] % 32);
    if (whole.end != cut.end || whole.sum != cut.sum)
        abort();
    return 0;
}
