#include "app/rtmp/media_message.h"

#include "protocol/rtmp/server.h"

struct rtmp_out media_message(const struct frame *f, uint32_t timestamp_ms)
{
    static const struct rtmp_out kinds[] = {
        [FRAME_AUDIO] = { .csid = RTMP_CSID_AUDIO, .type_id = RTMP_TYPE_AUDIO },
        [FRAME_VIDEO] = { .csid = RTMP_CSID_VIDEO, .type_id = RTMP_TYPE_VIDEO },
        [FRAME_SCRIPT] = { .csid = RTMP_CSID_AUDIO, .type_id = RTMP_TYPE_DATA },
    };
    struct rtmp_out m = kinds[f->kind];
    m.msid = RTMP_MSID;
    m.timestamp_ms = timestamp_ms;
    m.len = f->len;
    m.body = f->data;
    return m;
}
