#include "protocol/rtc/reception.h"

#include "core/clock.h"

/* RFC 3550 6.4.1: the cumulative number of lost packets has 24 bits and a sign; a delay counts 1/65536 s. */
enum { LOST_MAX = 0x7fffff, LOST_MIN = -0x800000, DELAY_HZ = 65536 };

static void take_jitter(struct rtp_reception *r, uint32_t ts, int64_t now_us)
{
    uint32_t transit = rtp_ticks_from_us(now_us, r->clock_hz) - ts;
    int64_t  d = r->n_received > 1 ? (int32_t)(transit - (uint32_t)r->transit) : 0;
    r->transit = transit;
    r->jitter_16 += (d < 0 ? -d : d) - ((r->jitter_16 + 8) >> 4);
}

void rtp_reception_take(struct rtp_reception *r, const struct rtp_packet *packet, int64_t now_us)
{
    int64_t number = packet->seq;
    if (r->begun)
        number = r->highest + (int16_t)(uint16_t)(packet->seq - (uint16_t)r->highest);
    else
        r->first = number;
    if (!r->begun || number > r->highest)
        r->highest = number;
    r->begun = true;
    r->n_received++;
    take_jitter(r, packet->ts, now_us);
}

void rtp_reception_restart(struct rtp_reception *r)
{
    *r = (struct rtp_reception){ .clock_hz = r->clock_hz, .last_sr = r->last_sr, .last_sr_us = r->last_sr_us };
}

void rtp_reception_take_sr(struct rtp_reception *r, const struct rtcp_sender_info *info, int64_t now_us)
{
    if (info->ntp == 0)
        return;
    r->last_sr = rtp_ntp_middle(info->ntp);
    r->last_sr_us = now_us;
}

struct rtcp_report rtp_reception_report(struct rtp_reception *r, uint32_t ssrc, int64_t now_us)
{
    int64_t expected = r->begun ? r->highest - r->first + 1 : 0, lost = expected - r->n_received;
    int64_t new_expected = expected - r->last_expected;
    int64_t new_lost = new_expected - (r->n_received - r->last_received);
    r->last_expected = expected;
    r->last_received = r->n_received;
    int64_t fraction = new_expected > 0 && new_lost > 0 ? new_lost * 256 / new_expected : 0;
    return (struct rtcp_report){
        .ssrc = ssrc,
        .fraction_lost = (uint8_t)(fraction > UINT8_MAX ? UINT8_MAX : fraction),
        .n_lost = (int32_t)(lost > LOST_MAX   ? LOST_MAX
                            : lost < LOST_MIN ? LOST_MIN
                                              : lost),
        .highest_seq = (uint32_t)r->highest,
        .jitter = (uint32_t)(r->jitter_16 >> 4),
        .last_sr = r->last_sr,
        .delay = r->last_sr ? rtp_ticks_from_us(now_us - r->last_sr_us, DELAY_HZ) : 0,
    };
}

int64_t rtp_reception_jitter_us(const struct rtp_reception *r)
{
    return r->clock_hz ? (r->jitter_16 >> 4) * US_PER_SECOND / r->clock_hz : 0;
}
