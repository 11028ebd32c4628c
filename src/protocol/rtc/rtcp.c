#include "protocol/rtc/rtcp.h"

#include <string.h>

enum { VERSION = 2, REPORT_LEN = 24, CNAME = 1, CNAME_MAX = 255 };

/* draft-alvestrand-rmcat-remb-03 2.2: the unique identifier, and the widths of the bit rate's parts. */
#define REMB_NAME "REMB"
enum { REMB_MANTISSA_BITS = 18, REMB_EXPONENT_MAX = 46, REMB_SSRCS_MAX = 255 };

/* ---- reading ---- */

static bool is_feedback(const struct rtcp_packet *p, unsigned type, unsigned fmt)
{
    return p->type == type && p->count == fmt;
}

/* Cut the padding off a packet's bytes; its last byte counts itself (RFC 3550 6.4.1). */
static bool cut_padding(struct rd *r)
{
    size_t padding = rd_left(r) ? r->end[-1] : 0;
    if (padding == 0 || padding > rd_left(r))
        return false;
    r->end -= padding;
    return true;
}

bool rtcp_next(struct rd *compound, struct rtcp_packet *packet)
{
    if (compound->bad || rd_left(compound) == 0)
        return false;
    uint8_t   first = rd_u8(compound), type = rd_u8(compound);
    size_t    len = (size_t)rd_u16(compound) * 4;
    struct rd r = rd_over(rd_bytes(compound, len), compound->bad ? 0 : len);
    bool      is_told = type >= RTCP_SENDER_REPORT;
    compound->bad |= first >> 6 != VERSION || ((first & 0x20) && !cut_padding(&r));
    *packet = (struct rtcp_packet){ .type = type, .count = first & 0x1f };
    if (is_told && (rd_left(&r) >= 4 || packet->count > 0)) /* An empty BYE, or SDES, has no SSRC. */
        packet->ssrc = rd_u32(&r);
    if (type == RTCP_FEEDBACK_TRANSPORT || type == RTCP_FEEDBACK_MEDIA)
        packet->media_ssrc = rd_u32(&r);
    packet->body = r;
    compound->bad |= r.bad;
    return !compound->bad;
}

bool rtcp_take_sender_info(struct rtcp_packet *packet, struct rtcp_sender_info *info)
{
    if (packet->type != RTCP_SENDER_REPORT)
        return false;
    info->ntp = rd_u64(&packet->body);
    info->rtp_ts = rd_u32(&packet->body);
    info->n_packets = rd_u32(&packet->body);
    info->n_bytes = rd_u32(&packet->body);
    return !packet->body.bad;
}

bool rtcp_take_report(struct rtcp_packet *packet, struct rtcp_report *report)
{
    struct rd *r = &packet->body;
    bool       has_reports = packet->type == RTCP_SENDER_REPORT || packet->type == RTCP_RECEIVER_REPORT;
    if (!has_reports || packet->count == 0 || rd_left(r) < REPORT_LEN)
        return false;
    packet->count--;
    report->ssrc = rd_u32(r);
    uint32_t lost = rd_u32(r);
    report->fraction_lost = (uint8_t)(lost >> 24);
    report->n_lost = (int32_t)(lost << 8) / 256;
    report->highest_seq = rd_u32(r);
    report->jitter = rd_u32(r);
    report->last_sr = rd_u32(r);
    report->delay = rd_u32(r);
    return true;
}

bool rtcp_take_nack(struct rtcp_packet *packet, uint16_t *first, uint16_t *mask)
{
    if (!is_feedback(packet, RTCP_FEEDBACK_TRANSPORT, RTCP_FMT_NACK) || rd_left(&packet->body) < 4)
        return false;
    *first = rd_u16(&packet->body);
    *mask = rd_u16(&packet->body);
    return true;
}

bool rtcp_take_fir(struct rtcp_packet *packet, uint32_t *media_ssrc, uint8_t *number)
{
    if (!is_feedback(packet, RTCP_FEEDBACK_MEDIA, RTCP_FMT_FIR) || rd_left(&packet->body) < 8)
        return false;
    *media_ssrc = rd_u32(&packet->body);
    *number = rd_u8(&packet->body);
    rd_u24(&packet->body);
    return true;
}

bool rtcp_read_remb(const struct rtcp_packet *packet, uint64_t *bps)
{
    struct rd      r = packet->body;
    const uint8_t *name = rd_bytes(&r, 4);
    if (!is_feedback(packet, RTCP_FEEDBACK_MEDIA, RTCP_FMT_APP) || !name || memcmp(name, REMB_NAME, 4) != 0)
        return false;
    rd_u8(&r); /* number of SSRCs, which follow */
    uint32_t value = rd_u24(&r);
    unsigned exponent = value >> REMB_MANTISSA_BITS;
    if (r.bad || exponent > REMB_EXPONENT_MAX - 1)
        return false;
    *bps = (uint64_t)(value & ((1U << REMB_MANTISSA_BITS) - 1)) << exponent;
    return true;
}

bool rtcp_bye_has(const struct rtcp_packet *packet, uint32_t ssrc)
{
    struct rd r = packet->body;
    if (packet->type != RTCP_BYE || packet->count == 0)
        return false;
    if (packet->ssrc == ssrc)
        return true;
    for (unsigned i = 1; i < packet->count && rd_left(&r) >= 4; i++)
        if (rd_u32(&r) == ssrc)
            return true;
    return false;
}

/* ---- writing ---- */

/* Write the head of a packet whose bytes behind the head are `len`, a multiple of four. */
static void write_head(struct wr *w, unsigned count, enum rtcp_type type, size_t len)
{
    wr_u8(w, (uint8_t)(VERSION << 6 | count));
    wr_u8(w, (uint8_t)type);
    wr_u16(w, (uint16_t)(len / 4));
}

static void write_reports(struct wr *w, const struct rtcp_report *reports, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        wr_u32(w, reports[i].ssrc);
        wr_u32(w, (uint32_t)reports[i].fraction_lost << 24 | ((uint32_t)reports[i].n_lost & 0xffffff));
        wr_u32(w, reports[i].highest_seq);
        wr_u32(w, reports[i].jitter);
        wr_u32(w, reports[i].last_sr);
        wr_u32(w, reports[i].delay);
    }
}

void rtcp_write_sr(struct wr *w, uint32_t ssrc, const struct rtcp_sender_info *info, const struct rtcp_report *reports,
                   unsigned n)
{
    n = n < RTCP_REPORTS_MAX ? n : RTCP_REPORTS_MAX;
    write_head(w, n, RTCP_SENDER_REPORT, 24 + (size_t)n * REPORT_LEN);
    wr_u32(w, ssrc);
    wr_u64(w, info->ntp);
    wr_u32(w, info->rtp_ts);
    wr_u32(w, info->n_packets);
    wr_u32(w, info->n_bytes);
    write_reports(w, reports, n);
}

void rtcp_write_rr(struct wr *w, uint32_t ssrc, const struct rtcp_report *reports, unsigned n)
{
    n = n < RTCP_REPORTS_MAX ? n : RTCP_REPORTS_MAX;
    write_head(w, n, RTCP_RECEIVER_REPORT, 4 + (size_t)n * REPORT_LEN);
    wr_u32(w, ssrc);
    write_reports(w, reports, n);
}

void rtcp_write_cname(struct wr *w, uint32_t ssrc, const char *cname)
{
    size_t name_len = strnlen(cname, CNAME_MAX);
    size_t len = 4 + 2 + name_len, padded = (len + 4) / 4 * 4; /* At least one zero ends the items: RFC 3550 6.5. */
    write_head(w, 1, RTCP_DESCRIPTION, padded);
    wr_u32(w, ssrc);
    wr_u8(w, CNAME);
    wr_u8(w, (uint8_t)name_len);
    wr_bytes(w, cname, name_len);
    for (; len < padded; len++)
        wr_u8(w, 0);
}

void rtcp_write_bye(struct wr *w, uint32_t ssrc)
{
    write_head(w, 1, RTCP_BYE, 4);
    wr_u32(w, ssrc);
}

void rtcp_write_feedback(struct wr *w, enum rtcp_type type, unsigned fmt, uint32_t ssrc, uint32_t media_ssrc,
                         const uint8_t *body, size_t len)
{
    size_t padded = (len + 3) / 4 * 4;
    write_head(w, fmt, type, 8 + padded);
    wr_u32(w, ssrc);
    wr_u32(w, media_ssrc);
    wr_bytes(w, body, len);
    for (; len < padded; len++)
        wr_u8(w, 0);
}

/* The number of sequence numbers from `at` on that one item of a NACK holds, and its mask. */
static size_t take_item(const uint16_t *seqs, size_t at, size_t n, uint16_t *mask)
{
    size_t end = at + 1;
    *mask = 0;
    for (; end < n; end++) {
        unsigned ahead = (uint16_t)(seqs[end] - seqs[at]);
        if (ahead == 0 || ahead > 16)
            break;
        *mask |= (uint16_t)(1U << (ahead - 1));
    }
    return end - at;
}

void rtcp_write_nack(struct wr *w, uint32_t ssrc, uint32_t media_ssrc, const uint16_t *seqs, size_t n)
{
    size_t   n_items = 0;
    uint16_t mask;
    for (size_t at = 0; at < n; at += take_item(seqs, at, n, &mask))
        n_items++;
    write_head(w, RTCP_FMT_NACK, RTCP_FEEDBACK_TRANSPORT, 8 + n_items * 4);
    wr_u32(w, ssrc);
    wr_u32(w, media_ssrc);
    for (size_t at = 0; at < n;) {
        size_t taken = take_item(seqs, at, n, &mask);
        wr_u16(w, seqs[at]);
        wr_u16(w, mask);
        at += taken;
    }
}

void rtcp_write_pli(struct wr *w, uint32_t ssrc, uint32_t media_ssrc)
{
    rtcp_write_feedback(w, RTCP_FEEDBACK_MEDIA, RTCP_FMT_PLI, ssrc, media_ssrc, NULL, 0);
}

void rtcp_write_fir(struct wr *w, uint32_t ssrc, uint32_t media_ssrc, uint8_t number)
{
    uint8_t   body[8];
    struct wr b = wr_over(body, sizeof body);
    wr_u32(&b, media_ssrc);
    wr_u32(&b, (uint32_t)number << 24);
    rtcp_write_feedback(w, RTCP_FEEDBACK_MEDIA, RTCP_FMT_FIR, ssrc, 0, body, wr_len(&b));
}

void rtcp_write_remb(struct wr *w, uint32_t ssrc, uint64_t bps, const uint32_t *media_ssrcs, unsigned n)
{
    unsigned exponent = 0;
    n = n < REMB_SSRCS_MAX ? n : REMB_SSRCS_MAX;
    while (bps >> exponent >> REMB_MANTISSA_BITS)
        exponent++;
    write_head(w, RTCP_FMT_APP, RTCP_FEEDBACK_MEDIA, 8 + 8 + (size_t)n * 4);
    wr_u32(w, ssrc);
    wr_u32(w, 0);
    wr_bytes(w, REMB_NAME, 4);
    wr_u8(w, (uint8_t)n);
    wr_u24(w, exponent << REMB_MANTISSA_BITS | (uint32_t)(bps >> exponent));
    for (unsigned i = 0; i < n; i++)
        wr_u32(w, media_ssrcs[i]);
}
