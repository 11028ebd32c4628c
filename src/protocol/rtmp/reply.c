#include "protocol/rtmp/reply.h"

#include "core/mem.h"

struct err *rtmp_reply_begin(struct rtmp_reply *r, struct rtmp_server *s)
{
    enum { WIRE_MAX = RTMP_REPLY_MAX + RTMP_REPLY_MAX / 8 };
    *r = (struct rtmp_reply){ .s = s, .storage = mem_alloc(RTMP_REPLY_MAX + WIRE_MAX) };
    if (!r->storage)
        return err_no_memory();
    r->body = wr_over(r->storage, RTMP_REPLY_MAX);
    r->wire = wr_over(r->storage + RTMP_REPLY_MAX, WIRE_MAX);
    return NULL;
}

void rtmp_reply_add(struct rtmp_reply *r, uint32_t csid, uint32_t msid, uint8_t type_id)
{
    struct rtmp_out m = {
        .csid = csid, .msid = msid, .type_id = type_id, .len = (uint32_t)wr_len(&r->body), .body = r->body.start
    };
    rtmp_message_write(&r->wire, &m, r->s->out_chunk_size);
    r->wire.full |= r->body.full;
    r->body = wr_over(r->storage, RTMP_REPLY_MAX);
}

void rtmp_reply_add_status(struct rtmp_reply *r, enum rtmp_status status)
{
    rtmp_write_status(&r->body, status);
    rtmp_reply_add(r, RTMP_CSID_STREAM, RTMP_MSID, RTMP_TYPE_COMMAND);
}

struct err *rtmp_reply_send(struct rtmp_reply *r)
{
    struct err *e = r->wire.full ? err_new(E_RTMP_MESSAGE_ENCODE, "a reply of more than %d bytes", RTMP_REPLY_MAX)
                                 : io_write_taken(r->s->io, r->wire.start, wr_len(&r->wire), RTMP_REPLY_TIMEOUT_US);
    mem_free(r->storage);
    return err_wrap(e, "send a reply");
}

struct err *rtmp_reply_result(struct rtmp_server *s, uint32_t msid, double tid, rtmp_write_result *write)
{
    struct rtmp_reply r;
    struct err       *e = rtmp_reply_begin(&r, s);
    if (e)
        return e;
    write(&r.body, tid);
    rtmp_reply_add(&r, RTMP_CSID_COMMAND, msid, RTMP_TYPE_COMMAND);
    return rtmp_reply_send(&r);
}

struct err *rtmp_send_control(struct rtmp_server *s, const struct wr *w)
{
    return err_wrap(io_write_taken(s->io, w->start, wr_len(w), RTMP_REPLY_TIMEOUT_US), "send a control message");
}

struct err *rtmp_send_user_control(struct rtmp_server *s, enum rtmp_user_event event, uint32_t value)
{
    uint8_t   bytes[RTMP_CONTROL_MAX];
    struct wr w = wr_over(bytes, sizeof bytes);
    rtmp_write_user_control(&w, event, value);
    return rtmp_send_control(s, &w);
}
