/**
 * A way by which packets reach clients of WebRTC: a socket of datagrams, which serves many sessions, or one TCP connection.
 *
 *     udp_port.h   a socket of datagrams; service.h reads it
 *     tcp_port.h   a connection; tcp_service.h reads it
 *
 * What one turn of the loop sends is queued in the port, and goes out together at the end of the turn.
 *
 * Yields     no
 */
#ifndef APP_RTC_PORT_H
#define APP_RTC_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/rtc/send_queue.h"
#include "core/list.h"
#include "protocol/rtc/addr.h"

struct rtc_local;
struct rtc_port;

/* A kind of port. Two instances, in udp_port.c and tcp_port.c. */
struct rtc_port_kind {
    /** Copy a packet into the queue. False: there is no room, or it is longer than a packet may be; it is lost. */
    bool (*put)(struct rtc_port *port, const struct rtc_addr *to, const struct rtc_local *local, const uint8_t *bytes,
                size_t len);

    /** Give what is queued to the kernel. False: something is left that the next turn has to try again. */
    bool (*flush)(struct rtc_port *port);

    /** Much waits in the queue. NULL: that tells nothing of a single client. */
    bool (*is_behind)(const struct rtc_port *port);

    /** The last path that led by it has gone. NULL: that means nothing. */
    void (*is_left)(struct rtc_port *port);
};

struct rtc_port {
    const struct rtc_port_kind *kind;
    struct list                 queued; /* of the ports that have something to send */
    struct list                 paths;  /* of clients that are reached by it (paths.h) */
};

void rtc_port_init(struct rtc_port *port, const struct rtc_port_kind *kind);

/** Give what is queued to the kernel. No path leads by the port any more. */
void rtc_port_finish(struct rtc_port *port);

/** Queue one packet; it goes out at the end of the turn. `bytes` are copied. False: it is lost, and counted. */
bool rtc_port_send(struct rtc_port *port, const struct rtc_addr *to, const struct rtc_local *local,
                   const uint8_t *bytes, size_t len);

/** True while much waits for the way to the client whose port it is. */
static inline bool rtc_port_is_behind(const struct rtc_port *port)
{
    return port->kind->is_behind && port->kind->is_behind(port);
}

/* What all ports have counted since the start. A packet over TCP counts as a datagram. */
struct rtc_port_counts {
    uint64_t               datagrams, bytes; /* that came in */
    uint64_t               strangers; /* those of nobody: neither from a known address nor a check for a session */
    struct rtc_send_counts out;
};
struct rtc_port_counts *rtc_port_counts(void);

#endif
