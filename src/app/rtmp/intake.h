/**
 * How a publisher's messages are waited for: as they come, or by the clock.
 *
 * A stream that is read by somebody is read as it comes while the loop has time to spare. A stream that nobody reads, or
 * whose vhost has `mr on`, is read by the clock, many messages at once: that costs a system call a tick and no wake-up a
 * message. So is, at up to BUSY_GATHER_MAX_US, any stream whose vhost configures no latency while the loop is busy
 * (protocol/busy.h). Whoever starts to read a stream wakes its publisher at once; so does a publisher that closes.
 * Without `mr` a publisher with a high bit rate never waits for a tick, because its socket would fill.
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

/* The tick of unwatched streams, the same for all; and the most that a stream that is read by the clock sends in it
 * (5 Mbit/s), which any receive buffer holds. */
enum { INTAKE_TICK_US = 100 * US_PER_MS, INTAKE_TICK_BYTES = 64 << 10 };

struct intake {
    struct rtmp_link *link;
    bool              by_clock;
    int64_t           judged_us, judged_bytes; /* when the bit rate was last looked at, and the socket's counter then */
    bool              modest;                  /* what was found */
    size_t            phase;                   /* of the ticks, while input is gathered */
    bool              is_due;                  /* the tick has come */
    struct list       waiting;                 /* among those that wait for the same tick */
    struct co        *co;
};

/** Borrows the link of the connection. */
void intake_init(struct intake *in, struct rtmp_link *link);

/** The publish has ended: input wakes the connection again. */
void intake_finish(struct intake *in);

/**
 * Wait for the next message of the publisher of `s`.
 *
 * Ownership  msg->payload is the caller's; it is NULL when there is none yet, and the caller should call again
 * Errors     those of rtmp_link_read_message(), among them E_SOCKET_TIMEOUT at the deadline
 * Yields     yes
 */
struct err *intake_read(struct intake *in, const struct source *s, struct rtmp_message *msg,
                        int64_t deadline_us) ATTR_MUST_USE;

/**
 * Before silence is judged: one look at the socket, without waiting. *heard when bytes have come, *msg too if they make a
 * message.
 *
 * Ownership  as intake_read()
 * Yields     now and then
 */
struct err *intake_look(struct intake *in, struct rtmp_message *msg, bool *heard) ATTR_MUST_USE;

#endif
