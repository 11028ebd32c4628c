/**
 * The packets of one RTP stream in the order of their numbers: a reorder buffer, the list of lost packets, and when to ask for them.
 *
 *     do {
 *         ordered = rtp_order_put(&order, &packet, now_us, true);
 *         if (ordered == RTP_ORDER_NEXT) …                    use it where it is
 *         while (rtp_order_take(&order, now_us, &item)) …     those that waited for it, and gaps that are given up
 *     } while (ordered == RTP_ORDER_FULL);
 *     n = rtp_order_nacks(&order, now_us, seqs, max)          at rtp_order_due_us(), or later; then take() again
 *
 * A packet that is not next is copied, and waits for those before it, at most wait_us after the first of these was missed. Then the
 * missing ones are given up: take() tells a gap. The same happens when the window is full. A jump of the numbers starts anew, if a
 * second packet confirms it.
 *
 * Lost packets are asked for after a short time for packets that only changed places, and again each round trip, RTP_ORDER_TRIES_MAX
 * times. The round trip is measured by packets that came after they were asked for once.
 *
 * Source     RFC 3550 A.1 (jumps, probation); RFC 4585 6.2.1 (NACK)
 * Ownership  keeps copies of payloads; rtp_order_finish() frees them
 * Yields     no
 */
#ifndef PROTOCOL_RTC_ORDER_H
#define PROTOCOL_RTC_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "protocol/rtc/rtp.h"

enum {
    RTP_ORDER_WINDOW_MAX = 1024,      /* packets; a power of two */
    RTP_ORDER_BYTES_MAX = 1536 << 10, /* of packets that wait */
    RTP_ORDER_TRIES_MAX = 8,          /* times that one packet is asked for */
    RTP_ORDER_DROPOUT_MAX = 3000,     /* RFC 3550 A.1: numbers ahead that are a loss; more are a jump */
    RTP_ORDER_MISORDER_MAX =
        1024, /* numbers back that are late; more are a jump. RFC 3550 has 100; resent ones are older */
};

struct rtp_order_slot;

struct rtp_order {
    struct rtp_order_slot *slots; /* of the numbers from `next` on; NULL: nothing has waited yet */
    unsigned               window;
    bool                   asks;      /* Lost packets can be asked for. */
    bool                   begun;     /* A packet has come. */
    int64_t                next, end; /* numbers without wraps: the next to take, and one above the highest that came */
    int64_t                give_up;   /* Numbers below are not waited for: there is no room. */
    int64_t                wait_us;   /* how long a lost packet is waited for */
    int64_t                rtt_us;    /* smoothed; a guess before the first measurement */
    int64_t                due_us;    /* Before it no packet is asked for, and no gap given up. */
    uint16_t               jumped_to; /* the number that confirms a jump */
    bool                   may_jump;
    size_t                 bytes;      /* of packets that wait */
    uint8_t               *taken;      /* the payload of the packet that was taken last */
    int64_t                n_lost;     /* given up */
    int64_t                n_late;     /* came again, or after they were given up */
    int64_t                n_repaired; /* came after they were asked for */
};

enum rtp_ordered {
    RTP_ORDER_NEXT,    /* It is next, and was not copied. */
    RTP_ORDER_KEPT,    /* It waits. */
    RTP_ORDER_LATE,    /* It came before, or is given up already. */
    RTP_ORDER_STRANGE, /* Far from all others; the one after it decides. */
    RTP_ORDER_JUMPED,  /* The numbers have jumped here: as RTP_ORDER_NEXT, and everything before is lost. */
    RTP_ORDER_FULL,    /* There is no room: what was missed longest is given up. take() all, and put it again. */
    RTP_ORDER_NO_MEMORY,
};

/* What take() gives: a packet, or a gap. */
struct rtp_order_item {
    unsigned          n_lost; /* 0: a packet; else the number of packets that will not come */
    struct rtp_packet packet; /* without extensions; the payload is valid until the next call */
};

/** `window`: a power of two, at most RTP_ORDER_WINDOW_MAX. */
void rtp_order_init(struct rtp_order *o, unsigned window, int64_t wait_us, bool asks);
void rtp_order_finish(struct rtp_order *o);

/** Take a packet in. `may_begin` is false for a packet that was sent again: it may not move the window. */
enum rtp_ordered rtp_order_put(struct rtp_order *o, const struct rtp_packet *packet, int64_t now_us,
                               bool may_begin) ATTR_MUST_USE;

/** True if a packet with this number is waited for. */
bool rtp_order_misses(const struct rtp_order *o, uint16_t seq);

/** Give the next packet, or a gap that is given up. False: nothing, for now. */
bool rtp_order_take(struct rtp_order *o, int64_t now_us, struct rtp_order_item *item);

/** The packets to ask for now, in order; counted as asked for. At most `max`. */
size_t rtp_order_nacks(struct rtp_order *o, int64_t now_us, uint16_t *seqs, size_t max);

/** When nacks() or take() must be called next; INT64_MAX: when a packet comes. */
int64_t rtp_order_due_us(const struct rtp_order *o);

#endif
