#include "app/rtc/udp_port.h"

#include "core/attr.h"

static struct rtc_udp_port *of(struct rtc_port *port)
{
    return CONTAINER_OF(port, struct rtc_udp_port, port);
}

static bool put(struct rtc_port *port, const struct rtc_addr *to, const struct rtc_local *local, const uint8_t *bytes,
                size_t len)
{
    return rtc_send_queue_put(of(port)->queue, to, local, bytes, len);
}

static bool flush(struct rtc_port *port)
{
    return rtc_send_queue_flush(of(port)->queue);
}

static const struct rtc_port_kind kind = { .put = put, .flush = flush };

bool rtc_udp_port_open(struct rtc_udp_port *port, struct io *io)
{
    *port = (struct rtc_udp_port){ .io = io, .queue = rtc_send_queue_new(io, &rtc_port_counts()->out) };
    rtc_port_init(&port->port, &kind);
    return port->queue;
}

void rtc_udp_port_close(struct rtc_udp_port *port)
{
    rtc_port_finish(&port->port);
    rtc_send_queue_free(port->queue);
}
