#include "app/forward/send.h"

#include "app/live/delivery.h"
#include "app/rtmp/rtmp_wire.h"
#include "core/clock.h"
#include "protocol/co.h"

static struct err *send_frames(struct rtmp_client *c, struct sender *out, bool (*leaves)(void *arg), void *arg)
{
    struct err *e = NULL;
    for (;;) {
        bool idle = false, is_last = leaves(arg); /* Frames that come after it was told to leave need not be sent. */
        reader_take_moments(&out->reader);
        if (!out->cut && io_is_readable(&c->io))
            e = rtmp_client_listen(c);
        if (!e)
            e = sender_send(out, &idle);
        if (!e && idle && !is_last)
            e = err_except(sender_wait(out, DEADLINE_NEVER), E_SOCKET_TIMEOUT);
        if (e || (idle && is_last))
            return e;
    }
}

struct err *forward_send(struct rtmp_client *c, struct source *s, struct sender *out, int64_t *n_messages,
                         bool (*leaves)(void *arg), void *arg)
{
    struct wire wire = { .format = &rtmp_wire, .chunk_size = c->link.out_chunk_size, .msid = c->msid };
    struct err *e = sender_attach(out, s, &c->io, wire, n_messages, &live_delivery);
    if (!e) {
        co_trim_stack(); /* Return the stack pages that the handshake touched. */
        e = send_frames(c, out, leaves, arg);
    }
    return rtmp_client_last_words(c, e);
}
