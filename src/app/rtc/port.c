#include "app/rtc/port.h"

#include "protocol/co.h"

static struct list            ports = { &ports, &ports };
static struct rtc_port_counts counts;

struct rtc_port_counts *rtc_port_counts(void)
{
    return &counts;
}

static void flush_ports(void)
{
    LIST_FOREACH (&ports, it, after)
        if (!rtc_send_queue_flush(LIST_ENTRY(it, struct rtc_port, link)->queue))
            co_before_look(flush_ports); /* the next one: the socket may have room then */
}

bool rtc_port_send(struct rtc_port *port, const struct rtc_addr *to, const struct rtc_local *local,
                   const uint8_t *bytes, size_t len)
{
    co_before_look(flush_ports);
    return rtc_send_queue_put(port->queue, to, local, bytes, len);
}

bool rtc_port_open(struct rtc_port *port, struct io *io)
{
    *port = (struct rtc_port){ .io = io, .queue = rtc_send_queue_new(io, &counts.out) };
    if (!port->queue)
        return false;
    list_push(&ports, &port->link);
    return true;
}

void rtc_port_close(struct rtc_port *port)
{
    (void)rtc_send_queue_flush(port->queue);
    list_remove(&port->link);
    rtc_send_queue_free(port->queue);
}
