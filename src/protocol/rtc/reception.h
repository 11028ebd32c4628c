/**
 * What a receiver reports of one RTP stream: losses, the highest number, jitter, and the last sender report.
 *
 * Source     RFC 3550 6.4.1, A.1, A.3, A.8
 * Yields     no
 */
#ifndef PROTOCOL_RTC_RECEPTION_H
#define PROTOCOL_RTC_RECEPTION_H

#include <stdbool.h>
#include <stdint.h>

#include "protocol/rtc/rtcp.h"
#include "protocol/rtc/rtp.h"

/* All zero, but for clock_hz, at the beginning. */
struct rtp_reception {
    uint32_t clock_hz;
    bool     begun;
    int64_t  first, highest;               /* numbers without wraps */
    int64_t  n_received;                   /* duplicates too, as RFC 3550 wants it */
    int64_t  last_expected, last_received; /* at the last report */
    int64_t  jitter_16;                    /* ticks, of 1/16 (A.8) */
    int64_t  transit;                      /* arrival minus time of the last packet, in ticks that wrap */
    uint32_t last_sr;                      /* the middle of its NTP time */
    int64_t  last_sr_us;                   /* its arrival */
};

/** A packet has come, as the stream's sender sent it first; what was sent again by RTX is no part of that. */
void rtp_reception_take(struct rtp_reception *r, const struct rtp_packet *packet, int64_t now_us);

/** The numbers have jumped: count anew. */
void rtp_reception_restart(struct rtp_reception *r);

/** A sender report has come. One without a wall clock (RFC 3550 6.4.1: NTP time 0) cannot be named in a report. */
void rtp_reception_take_sr(struct rtp_reception *r, const struct rtcp_sender_info *info, int64_t now_us);

/** The report about the stream since the last one. */
struct rtcp_report rtp_reception_report(struct rtp_reception *r, uint32_t ssrc, int64_t now_us);

/** Jitter in microseconds. */
int64_t rtp_reception_jitter_us(const struct rtp_reception *r);

#endif
