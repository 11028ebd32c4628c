/**
 * A TCP connection for the media of one client of WebRTC.
 *
 * Packets that the socket does not take wait, at most RTC_TCP_QUEUE_MAX bytes of them. When there is no room for another one, all that
 * has not begun to be sent is dropped: it is late, and what follows it would be later still. The player goes on with the next key frame.
 *
 * Source     RFC 4571 (framing); RFC 6544 (ICE over TCP)
 * Yields     no
 */
#ifndef APP_RTC_TCP_PORT_H
#define APP_RTC_TCP_PORT_H

#include <stdbool.h>
#include <stddef.h>

#include "app/rtc/port.h"
#include "core/buf.h"

struct io;

enum {
    RTC_TCP_QUEUE_MAX = 256 << 10,
    RTC_TCP_AHEAD_BYTES = 64 << 10,  /* in the queue, for a player that is sent the pictures of before the present */
    RTC_TCP_UNSENT_BYTES = 64 << 10, /* in the kernel, beside what is on its way: more is only late */
};

struct rtc_tcp_port {
    struct rtc_port port;
    struct io      *io;
    struct buf      out;       /* packets with their heads; all that is in it waits for the socket */
    size_t          sent;      /* bytes of the first packet that the socket has taken */
    bool            is_broken; /* The socket has failed: nothing is queued any more. Its owner was woken. */
};

/** Begin to send by a connected socket, which is borrowed. Its owner calls rtc_tcp_port_flush() when it may be written. */
void rtc_tcp_port_open(struct rtc_tcp_port *port, struct io *io);

/** What the socket takes goes out; the rest is lost, and counted. No path leads by the port any more. */
void rtc_tcp_port_close(struct rtc_tcp_port *port);

/** Give to the socket what it takes. */
void rtc_tcp_port_flush(struct rtc_tcp_port *port);

#endif
