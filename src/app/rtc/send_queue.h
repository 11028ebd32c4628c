/**
 * Datagrams that one port sends at the end of a turn: those for one address that follow each other and have one length go out as
 * one message (UDP_SEGMENT), and many messages by one call.
 *
 * Shape      rtc_send_queue_new() once a socket; put() copies; flush() gives all to the kernel
 * Yields     no
 * Source     udp(7): UDP_SEGMENT takes datagrams of one length, of which the last may be shorter; ip(7), ipv6(7) for PKTINFO
 */
#ifndef APP_RTC_SEND_QUEUE_H
#define APP_RTC_SEND_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/rtc/local.h"
#include "core/attr.h"
#include "protocol/rtc/addr.h"

struct io;
struct rtc_send_queue;

/* What went out, and what did not. */
struct rtc_send_counts {
    uint64_t datagrams, bytes;
    uint64_t full;        /* The socket had no room, nor the queue. */
    uint64_t unreachable; /* The kernel refused for another reason: no route, a firewall. */
    uint64_t calls, messages;
};

/** A queue for a socket, which is borrowed; a reload may put another one into the io. NULL: no memory. */
struct rtc_send_queue *rtc_send_queue_new(const struct io *io, struct rtc_send_counts *counts) ATTR_MUST_USE;

/** What it holds is lost, and counted. NULL is allowed. */
void rtc_send_queue_free(struct rtc_send_queue *q);

/** Copy a datagram into the queue; a full queue is flushed first. False: the socket takes nothing, which is counted, or its length. */
bool rtc_send_queue_put(struct rtc_send_queue *q, const struct rtc_addr *to, const struct rtc_local *local,
                        const uint8_t *bytes, size_t len);

/**
 * Give all to the kernel. What it refuses is dropped, and counted; what it has no room for now stays.
 *
 * Returns    false: something stays. Flush again with the next turn
 */
bool rtc_send_queue_flush(struct rtc_send_queue *q);

#endif
