#include "protocol/rtmp/aggregate.h"

#include "protocol/rtmp/message.h"

struct rtmp_aggregate rtmp_aggregate_over(const uint8_t *body, size_t len, uint32_t timestamp_ms)
{
    return (struct rtmp_aggregate){ .r = rd_over(body, len), .timestamp_ms = timestamp_ms };
}

struct err *rtmp_aggregate_next(struct rtmp_aggregate *a, struct rtmp_part *part, bool *got)
{
    struct rd r = a->r;
    *got = false;
    if (!rd_left(&r))
        return NULL;
    uint8_t  type_id = rd_u8(&r);
    uint32_t len = rd_u24(&r);
    uint32_t time = rd_u24(&r);
    time |= (uint32_t)rd_u8(&r) << 24;
    rd_u24(&r); /* message stream id: the same as the aggregate's */
    const uint8_t *body = rd_bytes(&r, len);
    if (r.bad)
        return err_new(E_RTMP_AGGREGATE, "an aggregate message ends inside a part of type %u and %u bytes", type_id,
                       len);
    if (type_id == RTMP_TYPE_AGGREGATE)
        return err_new(E_RTMP_AGGREGATE, "an aggregate message inside an aggregate message");
    if (rd_left(&r))
        rd_u32(&r); /* The back pointer is not used; some encoders leave out the last one. */
    if (r.bad)
        return err_new(E_RTMP_AGGREGATE, "an aggregate message ends inside a back pointer");
    if (!a->begun)
        a->shift_ms = a->timestamp_ms - time;
    a->begun = true;
    a->r = r;
    *part = (struct rtmp_part){ type_id, time + a->shift_ms, body, len };
    *got = true;
    return NULL;
}
