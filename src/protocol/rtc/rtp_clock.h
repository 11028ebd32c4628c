/**
 * The times of the tracks of one sender on one time line.
 *
 * Each track counts its own ticks from a random start. Until reports come, a track is placed by the arrival of its first packet.
 * A sender report tells the same moment by the sender's wall clock and by the ticks, so that the tracks are related exactly. The track
 * that leads, which is the sound if there is any, always goes on by its ticks. The other one is brought to its place beside it: at most
 * a tenth of the time that passes, so that no time goes back; a larger error than RTP_CLOCK_SLEW_MAX_US at once, when a second
 * report confirms it. So the drift of both clocks is followed, too.
 *
 * A report is believed if its ticks have gone on since the last one as the wall clock has, and the first one if its ticks are about those
 * of the packets that come. GStreamer 1.22 reports ticks that are ahead by the time since its start, each track at moments of its own:
 * they go on twice as fast as the clock. A sender that was found wrong is believed again after RTP_CLOCK_PROOFS right reports.
 *
 * A jump of the ticks, which the arrival does not explain, places the track anew by arrival.
 *
 *     struct rtp_timeline line = { .has_origin = false };
 *     rtp_clock_init(&sound, &line, 48000, true);
 *     rtp_clock_init(&picture, &line, 90000, false);
 *     us = rtp_clock_us(&sound, packet.ts, now_us);
 *
 * Units      microseconds from the first packet of the sender
 * Source     RFC 3550 5.1 (timestamp), 6.4.1 (NTP timestamp, RTP timestamp)
 * Ownership  a clock borrows the line
 * Yields     no
 */
#ifndef PROTOCOL_RTC_RTP_CLOCK_H
#define PROTOCOL_RTC_RTP_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "protocol/rtc/rtcp.h"

enum {
    RTP_CLOCK_JUMP_MAX_US = 3000000, /* further apart, ticks and arrival do not belong together */
    RTP_CLOCK_SLEW_MAX_US = 500000,
    RTP_CLOCK_AHEAD_MAX_US = 500000, /* of the first report: what a sender may take from camera to network */
    RTP_CLOCK_PROOFS = 2,
};

/* What the tracks of a sender share. All zero at the beginning. */
struct rtp_timeline {
    bool    has_origin, has_wall;
    int64_t origin_us;    /* arrival of the first packet */
    int64_t wall_zero_us; /* the sender's wall clock at 0, by the reports of the track that leads */
};

struct rtp_clock {
    struct rtp_timeline *line;
    uint32_t             hz;
    bool                 leads;
    bool                 begun;     /* A time was given. */
    bool                 is_placed; /* The ticks have a place on the line. */
    uint32_t             last_ts;
    int64_t              ticks;     /* of last_ts, from the start of this placing */
    int64_t              base_us;   /* time of tick 0 */
    int64_t              error_us;  /* that base_us is still to be moved by */
    int64_t              last_us;   /* the arrival of last_ts */
    int64_t              latest_us; /* the latest time that was given */
    bool                 in_doubt;  /* The last report told a large error. */
    bool                 has_report;
    uint32_t             report_ts; /* of the last report, and its wall clock */
    int64_t              report_wall_us;
    int                  n_to_prove; /* right reports that have to come before one is believed */
    int64_t              doubt_us;
    int64_t              n_jumps;
};

void rtp_clock_init(struct rtp_clock *c, struct rtp_timeline *line, uint32_t hz, bool leads);

/** The ticks begin anew with the next frame, which is placed by its arrival. */
void rtp_clock_restart(struct rtp_clock *c);

/** The time of a frame, whose last packet came at `now_us`. */
int64_t rtp_clock_us(struct rtp_clock *c, uint32_t ts, int64_t now_us);

/** A report of the track's sender has come. One without a wall clock (NTP time 0) changes nothing. */
void rtp_clock_report(struct rtp_clock *c, const struct rtcp_sender_info *info, int64_t now_us);

#endif
