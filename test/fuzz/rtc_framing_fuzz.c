/* A byte stream gives the same packets whole, and byte by byte, and what is written again is what was read. */
#include "protocol/rtc/framing.h"

#include "fuzzing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rd             whole = rd_over(data, size);
    const uint8_t        *packet, *again;
    size_t                len, len_again, end = 0;
    enum rtc_framing_read got;
    for (;;) {
        const uint8_t *before = whole.p;
        got = rtc_framing_next(&whole, &packet, &len);
        struct rd part = rd_over(before, 0);
        for (end = 0; before + end <= data + size; end++) {
            enum rtc_framing_read early;
            part = rd_over(before, end);
            if ((early = rtc_framing_next(&part, &again, &len_again)) != RTC_FRAMING_NEED_MORE) {
                check(early == got);
                break;
            }
            check(part.p == before || end == 0);
        }
        if (got != RTC_FRAMING_GOT)
            break;
        uint8_t head[RTC_FRAMING_HEAD];
        check(again == packet && len_again == len && part.p == whole.p && len <= RTC_FRAMING_PACKET_MAX);
        rtc_framing_put_head(head, len);
        check(memcmp(before, head, sizeof head) == 0 && packet == before + sizeof head);
    }
    check(got == RTC_FRAMING_TOO_LONG || rd_left(&whole) < RTC_FRAMING_HEAD + RTC_FRAMING_PACKET_MAX);
    return 0;
}
