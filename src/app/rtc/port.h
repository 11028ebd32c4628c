/**
 * A socket for the media of WebRTC: datagrams that one turn of the loop queues go out together.
 *
 * service.h reads what comes in.
 *
 * Yields     no
 */
#ifndef APP_RTC_PORT_H
#define APP_RTC_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/rtc/paths.h"
#include "app/rtc/send_queue.h"
#include "core/attr.h"
#include "core/list.h"
#include "protocol/rtc/addr.h"

struct io;

struct rtc_port {
    struct list            link; /* of all ports */
    struct io             *io;
    struct rtc_send_queue *queue;
};

/** Begin to send by a socket, which is borrowed. False: no memory, and there is nothing to close. */
bool rtc_port_open(struct rtc_port *port, struct io *io) ATTR_MUST_USE;

/** What is queued goes out. No path may lead to the port any more. */
void rtc_port_close(struct rtc_port *port);

/** Queue one datagram; it goes out at the end of the turn. `bytes` are copied. False: it is longer than a datagram may be. */
bool rtc_port_send(struct rtc_port *port, const struct rtc_addr *to, const struct rtc_local *local,
                   const uint8_t *bytes, size_t len);

/* What all ports have counted since the start. */
struct rtc_port_counts {
    uint64_t               datagrams, bytes; /* that came in */
    uint64_t               strangers; /* those of nobody: neither from a known address nor a check for a session */
    struct rtc_send_counts out;
};
struct rtc_port_counts *rtc_port_counts(void);

#endif
