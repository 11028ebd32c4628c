/**
 * The intake waits for a publisher's messages, and reads them as they come or by the clock.
 *
 * A stream with readers is read as it comes while the loop has time to spare. A stream without readers, one that is delayed, or
 * whose vhost has `mr on`, is read by the clock, many messages at once: one system call for each tick, and no wake-up for each message. While
 * the loop is busy (protocol/busy.h), streams whose vhosts configure no latency are also read by the clock, at most every
 * BUSY_GATHER_MAX_US. The first reader of a stream wakes its publisher at once; so does the end of the connection.
 * Without `mr`, a publisher with a high bit rate never waits for a tick, because its socket would fill.
 *
 * Units      microseconds
 */
#ifndef APP_RTMP_INTAKE_H
#define APP_RTMP_INTAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/list.h"
#include "protocol/rtmp/link.h"

struct co;
struct source;

/* The tick of all streams without readers; the most bytes in a tick (5 Mbit/s) with which a stream is read by the clock:
 * any receive buffer holds them. */
enum { INTAKE_TICK_US = 100 * US_PER_MS, INTAKE_TICK_BYTES = 64 << 10 };

struct intake {
    struct rtmp_link *link;
    bool              by_clock;
    int64_t           judged_us, judged_bytes; /* time of the last look at the bit rate; the socket's counter then */
    bool              modest;                  /* The bit rate is low enough for reading by the clock. */
    size_t            phase;                   /* phase of the ticks while input is gathered */
    bool              is_due;                  /* The tick has come. */
    struct list       waiting;                 /* entry in the list of publishers that wait for the same tick */
    struct co        *co;
};

/** Borrows the link of the connection. */
void intake_init(struct intake *in, struct rtmp_link *link);

/** End the intake of a publish: input wakes the connection again. */
void intake_finish(struct intake *in);

/**
 * Wait for the next message of the publisher of `s`.
 *
 * Ownership  the caller owns msg->payload; it is NULL if no message has come yet, and the caller calls again
 * Errors     those of rtmp_link_read_message(), among them E_SOCKET_TIMEOUT at the deadline
 * Yields     yes
 */
struct err *intake_read(struct intake *in, const struct source *s, struct rtmp_message *msg,
                        int64_t deadline_us) ATTR_MUST_USE;

/**
 * Look at the socket once, without waiting, before a publisher is judged silent. *heard is set if bytes have come; *msg is set
 * if they complete a message.
 *
 * Ownership  as intake_read()
 * Yields     from time to time
 */
struct err *intake_look(struct intake *in, struct rtmp_message *msg, bool *heard) ATTR_MUST_USE;

#endif
