#include "app/rtc/port.h"

#include "protocol/co.h"

static struct list            queued = { &queued, &queued };
static struct rtc_port_counts counts;

struct rtc_port_counts *rtc_port_counts(void)
{
    return &counts;
}

static void flush_ports(void)
{
    LIST_FOREACH (&queued, it, after) {
        struct rtc_port *port = LIST_ENTRY(it, struct rtc_port, queued);
        if (port->kind->flush(port))
            list_remove(&port->queued);
    }
    if (!list_is_empty(&queued))
        co_before_look(flush_ports); /* the next one: the socket may have room then */
}

bool rtc_port_send(struct rtc_port *port, const struct rtc_addr *to, const struct rtc_local *local,
                   const uint8_t *bytes, size_t len)
{
    co_before_look(flush_ports);
    if (list_is_empty(&port->queued))
        list_push(&queued, &port->queued);
    return port->kind->put(port, to, local, bytes, len);
}

void rtc_port_init(struct rtc_port *port, const struct rtc_port_kind *kind)
{
    port->kind = kind;
    list_init(&port->queued);
    list_init(&port->paths);
}

void rtc_port_finish(struct rtc_port *port)
{
    (void)port->kind->flush(port);
    list_remove(&port->queued);
}
