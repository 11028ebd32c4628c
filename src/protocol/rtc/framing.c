#include "protocol/rtc/framing.h"

enum rtc_framing_read rtc_framing_next(struct rd *in, const uint8_t **packet, size_t *len)
{
    struct rd      r = *in;
    size_t         n = rd_u16(&r);
    const uint8_t *bytes;
    if (r.bad)
        return RTC_FRAMING_NEED_MORE;
    if (n > RTC_FRAMING_PACKET_MAX)
        return RTC_FRAMING_TOO_LONG; /* before waiting for it */
    bytes = rd_bytes(&r, n);
    if (r.bad)
        return RTC_FRAMING_NEED_MORE;
    *packet = bytes;
    *len = n;
    *in = r;
    return RTC_FRAMING_GOT;
}
