/**
 * RTCP: compound packets, reports, and feedback.
 *
 *     struct rd compound = rd_over(bytes, len);
 *     while (rtcp_next(&compound, &packet))
 *         if (packet.type == RTCP_FEEDBACK_MEDIA && packet.count == RTCP_FMT_PLI) ...
 *
 * Shape      a reader takes what it knows and skips the rest; reduced-size RTCP (RFC 5506) is read too
 * Source     RFC 3550 6 (SR, RR, SDES, BYE); RFC 4585 6 (NACK, PLI); RFC 5104 4.3.1 (FIR); draft-alvestrand-rmcat-remb-03 (REMB);
 *            draft-holmer-rmcat-transport-wide-cc-extensions-01 (RTCP_FMT_TWCC; the body is twcc.h's)
 * Ownership  borrows the bytes; a packet points into them
 * Yields     no
 */
#ifndef PROTOCOL_RTC_RTCP_H
#define PROTOCOL_RTC_RTCP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/rd.h"
#include "core/wr.h"

enum rtcp_type {
    RTCP_SENDER_REPORT = 200,
    RTCP_RECEIVER_REPORT = 201,
    RTCP_DESCRIPTION = 202,
    RTCP_BYE = 203,
    RTCP_FEEDBACK_TRANSPORT = 205,
    RTCP_FEEDBACK_MEDIA = 206,
};

enum {
    RTCP_FMT_NACK = 1,  /* of RTCP_FEEDBACK_TRANSPORT */
    RTCP_FMT_TWCC = 15, /* of RTCP_FEEDBACK_TRANSPORT */
    RTCP_FMT_PLI = 1,   /* of RTCP_FEEDBACK_MEDIA */
    RTCP_FMT_FIR = 4,   /* of RTCP_FEEDBACK_MEDIA */
    RTCP_FMT_APP = 15,  /* of RTCP_FEEDBACK_MEDIA; REMB is one */
    RTCP_REPORTS_MAX = 31,
};

/* One packet of a compound. */
struct rtcp_packet {
    uint8_t  type;       /* enum rtcp_type, or another */
    uint8_t  count;      /* of reports or sources; of feedback its format */
    uint32_t ssrc;       /* of the sender */
    uint32_t media_ssrc; /* feedback: about which stream; else 0 */
    struct rd
        body; /* SR: from the NTP time on; RR: the reports; feedback: what follows both SSRCs; else: all after `ssrc` */
};

struct rtcp_sender_info {
    uint64_t ntp;    /* rtp_ntp_from_wall_us() */
    uint32_t rtp_ts; /* the same moment by the stream's clock */
    uint32_t n_packets, n_bytes;
};

struct rtcp_report {
    uint32_t ssrc;
    uint8_t  fraction_lost; /* of 256, since the last report */
    int32_t  n_lost;        /* 24 bits, signed */
    uint32_t highest_seq;   /* with the number of cycles above */
    uint32_t jitter;        /* ticks */
    uint32_t last_sr;       /* rtp_ntp_middle() of the last SR; 0: none */
    uint32_t delay;         /* since then, 1/65536 s */
};

/**
 * Read the next packet of a compound.
 *
 * Returns    false at the end, and with `compound->bad` when a packet is cut, or not of version 2
 */
bool rtcp_next(struct rd *compound, struct rtcp_packet *packet);

/** Read the sender's part of an SR; the reports are then next in packet->body. False if it is another packet, or cut. */
bool rtcp_take_sender_info(struct rtcp_packet *packet, struct rtcp_sender_info *info) ATTR_MUST_USE;

/** Read the next report of an RR, or of an SR after its sender's part; false at the end. */
bool rtcp_take_report(struct rtcp_packet *packet, struct rtcp_report *report);

/** Read the next item of a NACK: `first` is lost, and first + 1 + i for each bit i of `mask`; false at the end. */
bool rtcp_take_nack(struct rtcp_packet *packet, uint16_t *first, uint16_t *mask);

/** Read the next entry of an FIR; false at the end. */
bool rtcp_take_fir(struct rtcp_packet *packet, uint32_t *media_ssrc, uint8_t *number);

/** Read an REMB: the bit rate that the receiver estimates. False if the packet is none. */
bool rtcp_read_remb(const struct rtcp_packet *packet, uint64_t *bps) ATTR_MUST_USE;

/** True if a BYE names the SSRC. */
bool rtcp_bye_has(const struct rtcp_packet *packet, uint32_t ssrc);

/* Each writes one whole packet of a compound; what does not fit sets `full`. At most RTCP_REPORTS_MAX reports. */
void rtcp_write_sr(struct wr *w, uint32_t ssrc, const struct rtcp_sender_info *info, const struct rtcp_report *reports,
                   unsigned n);
void rtcp_write_rr(struct wr *w, uint32_t ssrc, const struct rtcp_report *reports, unsigned n);
void rtcp_write_cname(struct wr *w, uint32_t ssrc, const char *cname); /* SDES; the name is cut at 255 bytes */
void rtcp_write_bye(struct wr *w, uint32_t ssrc);
void rtcp_write_nack(struct wr *w, uint32_t ssrc, uint32_t media_ssrc, const uint16_t *seqs,
                     size_t n); /* seqs: in order */
void rtcp_write_pli(struct wr *w, uint32_t ssrc, uint32_t media_ssrc);
void rtcp_write_fir(struct wr *w, uint32_t ssrc, uint32_t media_ssrc, uint8_t number);
void rtcp_write_remb(struct wr *w, uint32_t ssrc, uint64_t bps, const uint32_t *media_ssrcs, unsigned n);

/** Write feedback of another format, whose body is made already; it is filled with zeros to whole words. */
void rtcp_write_feedback(struct wr *w, enum rtcp_type type, unsigned fmt, uint32_t ssrc, uint32_t media_ssrc,
                         const uint8_t *body, size_t len);

#endif
