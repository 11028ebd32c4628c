/**
 * The receiver of one publisher: RTP and RTCP of all its tracks come in, units of their codecs and the receiver's RTCP go out.
 *
 * A packet belongs to a track by its SSRC; one whose SSRC is not known by its MID, else by its payload type. Another SSRC takes a
 * track over when the one before has said goodbye or is silent (RTC_RECEIVER_SILENCE_US); until then its packets are dropped, so that a
 * second layer of a picture, or a sender that collides, does not disturb the first.
 *
 * Feedback: NACK, PLI or FIR, receiver reports, TWCC; each if it is agreed.
 *
 *     rtc_receiver_init(&receiver, &setup)
 *     rtc_receiver_take_rtp(), rtc_receiver_take_rtcp()      whatever comes
 *     rtc_receiver_tick()                                    at rtc_receiver_due_us(), or later
 *
 * Source     RFC 8843 9.2 (which track), RFC 3550 6.3 and 8.2 (reports, collisions), RFC 4585 3.1, RFC 5506
 * Yields     no
 */
#ifndef PROTOCOL_RTC_RECEIVER_H
#define PROTOCOL_RTC_RECEIVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/rtc/receive_track.h"
#include "protocol/rtc/twcc.h"

enum {
    RTC_RECEIVER_TRACKS_MAX = 2, /* rtc_agreement: at most one of sound and one of pictures */
    RTC_RECEIVER_SILENCE_US = 500000,
    RTC_RECEIVER_REPORT_US = 1000000,
    RTC_RECEIVER_SSRC = 1, /* ours, which sends reports alone */
};

/* Borrowed until rtc_receiver_finish(). */
struct rtc_receiver_setup {
    const struct rtc_agreement *agreed;
    const char                 *cname;
    int64_t                     key_every_us; /* A key frame is asked for this often; 0: only when one is needed. */
    unsigned                    drop_pt;      /* packets of this payload type are dropped; 0: none */
    struct rtc_receive_sink     sink;
};

struct rtc_receiver {
    struct rtc_receiver_setup setup;
    struct rtp_timeline       line;
    struct rtc_receive_track  tracks[RTC_RECEIVER_TRACKS_MAX];
    unsigned                  n_tracks;
    struct twcc_recorder      twcc;
    uint8_t                   ext_twcc, ext_mid; /* 0: not agreed */
    bool                      reduced;           /* RTCP need not be compound. */
    bool                      no_memory;
    bool                      saves_nacks, saves_arrivals; /* rtc_receiver_save() */
    uint8_t                   n_firs;
    int64_t                   twcc_due_us, report_due_us;
    int64_t n_nacks, n_plis, n_strange; /* packets asked for, key frames asked for, packets of nobody */
};

void rtc_receiver_init(struct rtc_receiver *r, const struct rtc_receiver_setup *setup, int64_t now_us);
void rtc_receiver_finish(struct rtc_receiver *r);

void rtc_receiver_take_rtp(struct rtc_receiver *r, int64_t now_us, const uint8_t *bytes, size_t len);
void rtc_receiver_take_rtcp(struct rtc_receiver *r, int64_t now_us, const uint8_t *bytes, size_t len);

/** Send what is due. */
void rtc_receiver_tick(struct rtc_receiver *r, int64_t now_us);

/**
 * Save work from now on: ask for no lost packets, report no arrivals. Arrivals of this time are never reported, so that the sender does
 * not take them for losses.
 */
void rtc_receiver_save(struct rtc_receiver *r, bool nacks, bool arrivals);

/** When something will be due, unless a packet comes. */
int64_t rtc_receiver_due_us(const struct rtc_receiver *r);

/** The track of that kind; NULL: none is agreed. */
const struct rtc_receive_track *rtc_receiver_track(const struct rtc_receiver *r, enum frame_kind kind);

#endif
