/* A compound is walked with every reader; a NACK and the reports of it that are written again are read as the same. */
#include "protocol/rtc/rtcp.h"
#include "protocol/rtc/rtp.h"

#include "fuzzing.h"

static void same_nack(uint16_t first, uint16_t mask)
{
    uint8_t            bytes[64];
    struct wr          w = wr_over(bytes, sizeof bytes);
    uint16_t           seqs[17] = { first }, read_first = 0, read_mask = 0;
    size_t             n = 1;
    struct rtcp_packet p;
    for (unsigned bit = 0; bit < 16; bit++)
        if (mask >> bit & 1)
            seqs[n++] = (uint16_t)(first + 1 + bit);
    rtcp_write_nack(&w, 1, 2, seqs, n);
    struct rd r = rd_over(bytes, wr_len(&w));
    check(rtcp_next(&r, &p) && rtcp_take_nack(&p, &read_first, &read_mask));
    check(read_first == first && read_mask == mask && !rtcp_take_nack(&p, &read_first, &read_mask));
}

static void same_report(const struct rtcp_report *report)
{
    uint8_t            bytes[64];
    struct wr          w = wr_over(bytes, sizeof bytes);
    struct rtcp_report again = { 0 };
    struct rtcp_packet p;
    rtcp_write_rr(&w, 1, report, 1);
    struct rd r = rd_over(bytes, wr_len(&w));
    check(rtcp_next(&r, &p) && rtcp_take_report(&p, &again));
    check(again.ssrc == report->ssrc && again.n_lost == report->n_lost && again.delay == report->delay);
    check(again.fraction_lost == report->fraction_lost && again.highest_seq == report->highest_seq);
}

static void walk_packet(struct rtcp_packet p)
{
    struct rtcp_sender_info info;
    struct rtcp_report      report;
    uint16_t                first, mask;
    uint32_t                ssrc;
    uint8_t                 number;
    uint64_t                bps;
    if (p.type != RTCP_SENDER_REPORT || rtcp_take_sender_info(&p, &info))
        while (rtcp_take_report(&p, &report))
            same_report(&report);
    while (rtcp_take_nack(&p, &first, &mask))
        same_nack(first, mask);
    while (rtcp_take_fir(&p, &ssrc, &number))
        ;
    check(!rtcp_read_remb(&p, &bps) || bps < UINT64_C(1) << 63);
    rtcp_bye_has(&p, 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rd          r = rd_over(data, size);
    struct rtcp_packet p;
    while (rtcp_next(&r, &p))
        walk_packet(p);

    struct rtp_packet rtp;
    size_t            len = 0;
    if (rtp_parse(&rtp, data, size)) {
        check(rtp.len <= size && rtp.payload >= data && rtp.payload + rtp.len <= data + size);
        for (unsigned id = 0; id <= 16; id++) {
            const uint8_t *element = rtp_find_extension(&rtp, id, &len);
            check(!element || (element >= data && element + len <= data + size));
        }
    }
    return 0;
}
