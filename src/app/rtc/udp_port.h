/**
 * A socket of datagrams for the media of WebRTC.
 *
 * Yields     no
 */
#ifndef APP_RTC_UDP_PORT_H
#define APP_RTC_UDP_PORT_H

#include <stdbool.h>

#include "app/rtc/port.h"
#include "core/attr.h"

struct io;

struct rtc_udp_port {
    struct rtc_port        port;
    struct io             *io;
    struct rtc_send_queue *queue;
};

/** Begin to send by a socket, which is borrowed. False: no memory, and there is nothing to close. */
bool rtc_udp_port_open(struct rtc_udp_port *port, struct io *io) ATTR_MUST_USE;

/** What is queued goes out. No path leads by the port any more. */
void rtc_udp_port_close(struct rtc_udp_port *port);

#endif
