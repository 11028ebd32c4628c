/* The input is read as the body of a feedback. Then it tells which packets come, and when; what is written of them is read again. */
#include "core/clock.h"
#include "protocol/rtc/twcc.h"

#include "fuzzing.h"

static size_t read_all(struct rd body, struct twcc_status *last)
{
    struct twcc_reader reader;
    struct twcc_status status;
    size_t             n = 0;
    if (!twcc_read_begin(&reader, body))
        return 0;
    while (twcc_read(&reader, &status)) {
        *last = status;
        n++;
    }
    check(n <= UINT16_MAX);
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rd            r = rd_over(data, size);
    struct twcc_status   last = { 0 };
    struct twcc_recorder recorder = { .arrived_us = NULL };
    uint8_t              bytes[TWCC_BODY_MAX];
    int64_t              now = US_PER_SECOND;
    uint16_t             number = 0;
    read_all(r, &last);
    while (!r.bad && rd_left(&r) > 0) {
        int16_t step = (int16_t)rd_u16(&r);
        number = (uint16_t)(number + (step & 1 ? step : step & 7));
        now += (int64_t)rd_u16(&r) * (step & 2 ? 1000 : 1);
        check(twcc_record(&recorder, number, now));
        if (!(step & 4))
            continue;
        struct wr w = wr_over(bytes, sizeof bytes);
        while (twcc_write(&recorder, &w)) {
            check(!w.full && read_all(rd_over(bytes, wr_len(&w)), &last) > 0);
            check((uint16_t)recorder.next == (uint16_t)(last.number + 1));
            w = wr_over(bytes, sizeof bytes);
        }
    }
    twcc_finish(&recorder);
    return 0;
}
