/**
 * Feedback about all packets of a transport: when each came, told by the receiver every TWCC_INTERVAL_US.
 *
 * Receiving: the extension of each packet has a number of the transport.
 *
 *     twcc_record(&recorder, number, now_us)
 *     while (twcc_write(&recorder, &body)) …        one feedback each, which rtcp_write_feedback() carries
 *
 * Sending: the body of a feedback is read again.
 *
 *     if (twcc_read_begin(&reader, body))
 *         while (twcc_read(&reader, &status)) …
 *
 * Source     draft-holmer-rmcat-transport-wide-cc-extensions-01, 3.1
 * Units      microseconds; on the wire 250 us for differences, 64 ms for the base
 * Yields     no
 */
#ifndef PROTOCOL_RTC_TWCC_H
#define PROTOCOL_RTC_TWCC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/rd.h"
#include "core/wr.h"

enum {
    TWCC_INTERVAL_US = 100000,
    TWCC_WINDOW = 1024,     /* numbers that are remembered: a power of two */
    TWCC_PACKETS_MAX = 400, /* of one feedback */
    TWCC_BODY_MAX = 1152,   /* bytes of one feedback: a chunk for 7 packets, and 2 for each, with the head */
};

/* All zero at the beginning, but for `arrived_us`, which twcc_record() allocates. */
struct twcc_recorder {
    int64_t *arrived_us; /* by number modulo TWCC_WINDOW; 0: it has not come */
    bool     begun;
    int64_t  next, end;   /* numbers without wraps: the first that was not told, one above the highest that came */
    int64_t  origin_us;   /* times on the wire count from here */
    uint8_t  n_feedbacks; /* modulo 256 */
};

/** A packet came. False: memory is out. A number that was told already, or is too far back, is left out. */
bool twcc_record(struct twcc_recorder *r, uint16_t number, int64_t now_us) ATTR_MUST_USE;

/** True if there is something to tell. */
bool twcc_has_news(const struct twcc_recorder *r);

/** Write the body of the next feedback, at most TWCC_BODY_MAX bytes. False: there is nothing to tell. */
bool twcc_write(struct twcc_recorder *r, struct wr *body);

void twcc_finish(struct twcc_recorder *r);

struct twcc_reader {
    struct rd chunks, deltas;
    uint16_t  number;      /* of the next packet */
    unsigned  n_left;      /* packets */
    int64_t   time_us;     /* of the last packet that came, from the receiver's origin */
    uint8_t   feedback;    /* number of the feedback */
    unsigned  symbol, run; /* what the open chunk says, and for how many packets more */
    uint16_t  vector;      /* symbols of the open chunk, the next one on top */
    unsigned  bits;        /* of a symbol; 0: the chunk is a run */
};

/* What is told of one packet. */
struct twcc_status {
    uint16_t number;
    bool     came;
    int64_t
        time_us; /* by the receiver's clock, from an origin of its own that wraps after 12.4 days; of packets that came */
};

/** Begin with the body of a feedback (rtcp_next()). False if it is cut. */
bool twcc_read_begin(struct twcc_reader *r, struct rd body) ATTR_MUST_USE;

/** Read the next packet's status; false at the end, or where the feedback is malformed. */
bool twcc_read(struct twcc_reader *r, struct twcc_status *status);

#endif
