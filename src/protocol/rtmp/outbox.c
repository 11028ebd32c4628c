#include "protocol/rtmp/outbox.h"

#include "core/mem.h"

struct err *rtmp_outbox_begin(struct rtmp_outbox *o, struct rtmp_link *link)
{
    enum { WIRE_MAX = RTMP_REPLY_MAX + RTMP_REPLY_MAX / 8 };
    *o = (struct rtmp_outbox){ .link = link, .storage = mem_alloc(RTMP_REPLY_MAX + WIRE_MAX) };
    if (!o->storage)
        return err_no_memory();
    o->body = wr_over(o->storage, RTMP_REPLY_MAX);
    o->wire = wr_over(o->storage + RTMP_REPLY_MAX, WIRE_MAX);
    return NULL;
}

void rtmp_outbox_add(struct rtmp_outbox *o, uint32_t csid, uint32_t msid, uint8_t type_id)
{
    struct rtmp_out m = {
        .csid = csid, .msid = msid, .type_id = type_id, .len = (uint32_t)wr_len(&o->body), .body = o->body.start
    };
    rtmp_message_write(&o->wire, &m, o->link->out_chunk_size);
    o->wire.full |= o->body.full;
    o->body = wr_over(o->storage, RTMP_REPLY_MAX);
}

void rtmp_outbox_set_chunk_size(struct rtmp_outbox *o, uint32_t chunk_size)
{
    rtmp_write_set_chunk_size(&o->wire, chunk_size);
    o->link->out_chunk_size = chunk_size;
}

static struct err *check(const struct rtmp_outbox *o)
{
    return o->wire.full ? err_new(E_RTMP_MESSAGE_ENCODE, "messages of more than %d bytes", RTMP_REPLY_MAX) : NULL;
}

struct err *rtmp_outbox_send(struct rtmp_outbox *o)
{
    struct err *e = check(o);
    if (!e)
        e = io_write_taken(o->link->io, o->wire.start, wr_len(&o->wire), RTMP_REPLY_TIMEOUT_US);
    mem_free(o->storage);
    return err_wrap(e, "send a reply");
}

struct err *rtmp_outbox_send_by(struct rtmp_outbox *o, int64_t deadline_us)
{
    struct err *e = check(o);
    if (!e)
        e = io_write(o->link->io, o->wire.start, wr_len(&o->wire), deadline_us);
    mem_free(o->storage);
    return err_wrap(e, "send a command");
}
