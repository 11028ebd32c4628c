/**
 * What one WebRTC viewer is sent of one track: its numbers and times, what it may ask for again, and its reports.
 *
 *     rtc_track_init(&t, &agreed)
 *     rtc_track_frame(&t, packed, time_us)            before the payloads of a frame
 *     rtc_track_send(&t, &outlet, i, now_us)          payload i of it
 *     rtc_track_resend(&t, &outlet, first, mask, now_us)      a NACK
 *     rtc_track_finish(&t)
 *
 * A packet is sent again by RTX (RFC 4588) if that was agreed. Otherwise it is sent again with the same bytes, because a second
 * packet of the same number with other bytes would give away the key of AES-GCM; so it then has no extension that tells times.
 *
 * Sound is sent once more with the packet after it (RED), if that was agreed, while the viewer's reports tell of losses. A packet that
 * repeats another one is not kept, and not sent again.
 *
 * What was sent is kept by reference to the payloads that all viewers share: for RTC_SENT_KEPT_US, at most RTC_SENT_MAX packets.
 *
 * Source     RFC 3550 6.4.1 (reports), A.3; RFC 4585 6.2.1 (NACK); RFC 4588 (RTX); RFC 2198 (RED); draft-holmer-rmcat-transport-wide-cc-extensions-01
 *            2 (number of the packet); RFC 9143 15 (mid); webrtc.org/experiments/rtp-hdrext/abs-capture-time, playout-delay
 * Yields     no
 */
#ifndef APP_RTC_TRACK_H
#define APP_RTC_TRACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/rtc/packets.h"
#include "core/attr.h"
#include "core/clock.h"
#include "protocol/rtc/rtcp.h"
#include "protocol/rtc/sdp_agree.h"

enum {
    RTC_SENT_KEPT_US = US_PER_SECOND,
    RTC_SENT_MAX = 2048,
    RTC_SENT_AGAIN_MAX = 10,            /* times that one packet is sent again */
    RTC_SENT_AGAIN_US = 10 * US_PER_MS, /* least time between two of these */
    RTC_RED_LOSS_MIN = 3,               /* of 256: losses from which on sound is repeated, */
    RTC_RED_US = 10 * US_PER_SECOND,    /* for this long after the last report of them */
    RTC_PACKET_CAP = 1500,              /* a packet with head, extensions, and room for its SRTP tag */
    RTC_PLAYOUT_MAX_MS = 400,           /* playout-delay: a viewer shows pictures no later than this */
};

/*
 * Where packets of a viewer go. Each encrypts in place, in RTC_PACKET_CAP bytes, and queues; false: there is no room, it is lost.
 * is_behind() tells that what can wait should not be queued now, because much waits already; NULL: it never is.
 */
struct rtc_outlet {
    bool (*rtp)(void *arg, uint8_t *bytes, size_t len);
    bool (*rtcp)(void *arg, uint8_t *bytes, size_t len);
    bool (*is_behind)(void *arg);
    void    *arg;
    uint16_t twcc; /* number of the next packet of any track */
};

/* One moment by three clocks: the stream's time line, now_us(), the wall. One for all tracks, so that they stay in step. */
struct rtc_clock {
    int64_t stream_us, mono_us, wall_us;
};

/* What a track has counted since the player began, for the API and the metrics. */
struct rtc_track_stat {
    int64_t n_packets, n_bytes; /* sent first; of payloads */
    int64_t n_asked, n_again;   /* packets that NACKs named; that were sent again */
    int64_t n_refused;          /* packets that the outlet had no room for */
    /* As the viewer's last report tells. */
    bool    is_reported;
    uint8_t fraction_lost; /* of 256 */
    int32_t n_lost;
    int64_t jitter_us, rtt_us; /* 0: not known */
};

struct rtc_sent;

struct rtc_track {
    struct rtc_track_agreed agreed;
    struct rtc_track_stat   stat;
    uint16_t                seq, rtx_seq, picture_id;
    uint32_t                ts_base;
    struct rtc_packed      *frame; /* that is being sent; a reference */
    int64_t                 time_us;
    struct rtc_sent        *sent;      /* by sequence number */
    size_t                  n_sent;    /* a power of two, or 0 */
    bool                    has_begun; /* A packet has gone out. */
    struct rtc_packed      *before;    /* the sound of the packet before, which RED repeats; a reference, or NULL */
    uint32_t                before_ts;
    int64_t                 red_until_us; /* Sound is repeated until then. */
};

/** Begin a track with random numbers. */
void rtc_track_init(struct rtc_track *t, const struct rtc_track_agreed *agreed);

/** Drop all references. Takes a track that is all zero. */
void rtc_track_finish(struct rtc_track *t);

/** The next frame to send, and its time on the viewer's time line; takes a reference. */
void rtc_track_frame(struct rtc_track *t, struct rtc_packed *frame, int64_t time_us);

/** Send payload `i` of the frame. Returns false if the outlet had no room. */
bool rtc_track_send(struct rtc_track *t, struct rtc_outlet *out, uint32_t i, const struct rtc_clock *clock,
                    int64_t now_us);

/**
 * Send again what an item of a NACK names (rtcp_take_nack()), as far as it is kept and the bounds allow.
 *
 * Returns    the bytes of what was sent
 */
size_t rtc_track_resend(struct rtc_track *t, struct rtc_outlet *out, uint16_t first, uint16_t mask, int64_t now_us);

/** Take a report about this track's SSRC. */
void rtc_track_take_report(struct rtc_track *t, const struct rtcp_report *report, const struct rtc_clock *clock,
                           int64_t now_us);

/** Write a sender report. */
void rtc_track_write_report(const struct rtc_track *t, struct wr *w, const struct rtc_clock *clock, int64_t now_us);

#endif
