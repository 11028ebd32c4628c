#include "app/rtc/tcp_port.h"

#include <netinet/tcp.h>

#include "core/attr.h"
#include "core/rd.h"
#include "protocol/co.h"
#include "protocol/io.h"
#include "protocol/rtc/framing.h"

/* Room for the packets of a usual turn, so that the buffer does not grow step by step. */
enum { ROOM_BYTES = 4 << 10 };

static struct rtc_tcp_port *of(struct rtc_port *port)
{
    return CONTAINER_OF(port, struct rtc_tcp_port, port);
}

/* The bytes of the first packets that are within `len` bytes of the queue, with their heads; *n is their number. */
static size_t whole_packets(const struct rtc_tcp_port *p, size_t len, size_t *n)
{
    struct rd      r = rd_over(p->out.bytes, len);
    const uint8_t *packet;
    for (*n = 0; rtc_framing_next(&r, &packet, &len) == RTC_FRAMING_GOT;)
        ++*n;
    return (size_t)(r.p - (const uint8_t *)p->out.bytes);
}

/* Take bytes away from the beginning of the queue. An empty one has no memory. */
static void forget(struct rtc_tcp_port *p, size_t len)
{
    size_t left = p->out.len - len;
    if (left == 0) {
        buf_finish(&p->out);
        return;
    }
    memmove(p->out.bytes, p->out.bytes + len, left);
    buf_rewind(&p->out, left);
}

void rtc_tcp_port_flush(struct rtc_tcp_port *p)
{
    struct rtc_send_counts *counts = &rtc_port_counts()->out;
    size_t                  n, n_packets;
    if (p->is_broken || p->sent == p->out.len || !p->io->may_write)
        return;
    struct iovec iov = { p->out.bytes + p->sent, p->out.len - p->sent };
    struct err  *e = io_writev_now(p->io, &iov, 1, &n);
    counts->calls++;
    if (e) {
        p->is_broken = true;
        co_unpark(p->io->owner);
        err_free(e);
        return;
    }
    size_t whole = whole_packets(p, p->sent + n, &n_packets);
    counts->datagrams += n_packets;
    counts->messages++;
    counts->bytes += n;
    p->sent += n - whole;
    forget(p, whole);
}

static bool flush(struct rtc_port *port)
{
    rtc_tcp_port_flush(of(port));
    return true; /* The owner goes on when there is room. */
}

static bool has_room(const struct rtc_tcp_port *p, size_t len)
{
    return p->out.len + RTC_FRAMING_HEAD + len <= RTC_TCP_QUEUE_MAX;
}

/* Keep of the queue what the peer has got the beginning of. */
static void drop_unsent(struct rtc_tcp_port *p)
{
    size_t n_all, n_kept = 0, begun = 0;
    whole_packets(p, p->out.len, &n_all);
    if (p->sent > 0) {
        struct rd r = rd_over(p->out.bytes, p->out.len);
        begun = RTC_FRAMING_HEAD + rd_u16(&r);
        n_kept = 1;
    }
    rtc_port_counts()->out.full += n_all - n_kept;
    if (begun == 0)
        buf_finish(&p->out);
    else
        buf_rewind(&p->out, begun);
}

static bool put(struct rtc_port *port, const struct rtc_addr *to, const struct rtc_local *local, const uint8_t *bytes,
                size_t len)
{
    struct rtc_tcp_port *p = of(port);
    uint8_t              head[RTC_FRAMING_HEAD];
    size_t               before = p->out.len;
    (void)to, (void)local; /* The connection has but one other end. */
    if (len == 0 || len > RTC_FRAMING_PACKET_MAX || p->is_broken)
        return false;
    if (!has_room(p, len))
        rtc_tcp_port_flush(p);
    if (!has_room(p, len)) {
        drop_unsent(p);
        rtc_port_counts()->out.full++;
        return false;
    }
    if (!p->out.bytes)
        buf_reserve(&p->out, ROOM_BYTES);
    rtc_framing_put_head(head, len);
    buf_append(&p->out, head, sizeof head);
    buf_append(&p->out, bytes, len);
    if (!p->out.fault)
        return true;
    buf_rewind(&p->out, before);
    rtc_port_counts()->out.full++;
    return false;
}

static bool is_behind(const struct rtc_port *port)
{
    return CONTAINER_OF(port, const struct rtc_tcp_port, port)->out.len > RTC_TCP_AHEAD_BYTES;
}

/* Its owner looks whether the connection is still of use. */
static void is_left(struct rtc_port *port)
{
    co_unpark(of(port)->io->owner);
}

static const struct rtc_port_kind kind = { .put = put, .flush = flush, .is_behind = is_behind, .is_left = is_left };

void rtc_tcp_port_open(struct rtc_tcp_port *p, struct io *io)
{
    *p = (struct rtc_tcp_port){ .io = io, .out = buf_up_to(RTC_TCP_QUEUE_MAX) };
    rtc_port_init(&p->port, &kind);
    setsockopt(io->fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
    setsockopt(io->fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &(int){ RTC_TCP_UNSENT_BYTES }, sizeof(int));
}

void rtc_tcp_port_close(struct rtc_tcp_port *p)
{
    size_t n_lost;
    rtc_port_finish(&p->port);
    whole_packets(p, p->out.len, &n_lost);
    rtc_port_counts()->out.full += n_lost;
    buf_finish(&p->out);
}
