/**
 * How fast one viewer is sent packets: so many bytes at once, and then a rate.
 *
 * A newcomer is sent the pictures since the newest key frame at this rate, and a large key frame is not one burst that overruns the
 * first narrow queue on its way.
 *
 * Yields     no
 */
#ifndef APP_RTC_PACE_H
#define APP_RTC_PACE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/clock.h"

enum {
    RTC_PACE_BURST_BYTES = 48 << 10,  /* a socket of a browser takes more at once */
    RTC_PACE_BYTES_MIN = 2500000,     /* a second, 20 Mbit/s: a GOP of 5 Mbit is there in a quarter of it */
    RTC_PACE_TIMES_STREAM = 4,        /* or so many times the bit rate of the stream, if that is more */
    RTC_PACE_STEP_US = 4 * US_PER_MS, /* time between two bursts */
};

struct rtc_pace {
    int64_t at_us, credit_bytes;
};

static inline void rtc_pace_begin(struct rtc_pace *p, int64_t now_us)
{
    *p = (struct rtc_pace){ now_us, RTC_PACE_BURST_BYTES };
}

/** True if more may be sent now, to a viewer of a stream of this bit rate. */
static inline bool rtc_pace_allows(struct rtc_pace *p, int stream_kbps, int64_t now_us)
{
    int64_t of_stream = (int64_t)stream_kbps * (1000 / 8) * RTC_PACE_TIMES_STREAM;
    int64_t bytes_a_second = of_stream > RTC_PACE_BYTES_MIN ? of_stream : RTC_PACE_BYTES_MIN;
    int64_t waited_us = now_us - p->at_us < US_PER_SECOND ? now_us - p->at_us : US_PER_SECOND;
    if (waited_us > 0) {
        p->at_us = now_us;
        p->credit_bytes += bytes_a_second * waited_us / US_PER_SECOND;
    }
    if (p->credit_bytes > RTC_PACE_BURST_BYTES)
        p->credit_bytes = RTC_PACE_BURST_BYTES;
    return p->credit_bytes > 0;
}

static inline void rtc_pace_take(struct rtc_pace *p, int64_t bytes)
{
    p->credit_bytes -= bytes;
}

#endif
