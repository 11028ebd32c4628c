/**
 * One track of a publisher: its packets, in any order, become units of its codec, in order and whole, on the sender's time line.
 *
 * After pictures that are lost, the ones that need them are dropped, and a key frame is asked for.
 *
 * Source     RFC 3550, RFC 4588 (RTX), RFC 2198 (RED); order.h, unpack.h, rtp_clock.h, reception.h
 * Ownership  borrows the agreement
 * Yields     no
 */
#ifndef PROTOCOL_RTC_RECEIVE_TRACK_H
#define PROTOCOL_RTC_RECEIVE_TRACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/frame_make.h"
#include "protocol/rtc/order.h"
#include "protocol/rtc/reception.h"
#include "protocol/rtc/rtp_clock.h"
#include "protocol/rtc/sdp_agree.h"
#include "protocol/rtc/unpack.h"

enum {
    /* How long lost packets are waited for: a few round trips, or the time in which packets change places. */
    RTC_RECEIVE_WAIT_US = 300000,
    RTC_RECEIVE_REORDER_US = 80000,
    RTC_RECEIVE_KEY_US = 500000,       /* between two requests for key frames */
    RTC_RECEIVE_FIRST_KEY_US = 300000, /* A stream begins with one by itself; it is asked for after this time. */
};

/* Where what is received goes. */
struct rtc_receive_sink {
    void *arg;
    void (*unit)(void *arg, struct frame_unit *unit);                /* borrowed for the call */
    void (*send)(void *arg, uint8_t *rtcp, size_t len, size_t room); /* an RTCP packet; `room` is free behind it */
};

struct rtc_receive_track {
    const struct rtc_track_agreed *agreed;
    const struct rtc_receive_sink *sink;
    struct rtp_order               order;
    struct rtp_unpacker            unpacker;
    struct rtp_clock               clock;
    struct rtp_reception           reception;
    uint32_t                       ssrc, rtx_ssrc; /* 0: not known yet */
    bool                           is_heard;       /* A packet of `ssrc` has come. */
    bool                           has_left;       /* The sender said goodbye to `ssrc`. */
    bool                           needs_key;      /* A decoder cannot go on before a key frame. */
    bool                           no_memory;
    int64_t                        heard_us;             /* when the last packet came */
    int64_t                        key_us, asked_key_us; /* when the last key frame came, and was asked for */
    int64_t                        last_dts_us;
    int64_t                        n_packets, n_freezes;
};

void rtc_receive_track_init(struct rtc_receive_track *t, const struct rtc_track_agreed *agreed,
                            struct rtp_timeline *line, bool leads, const struct rtc_receive_sink *sink);
void rtc_receive_track_finish(struct rtc_receive_track *t);

/** The packets of another SSRC are those of the track from now on. */
void rtc_receive_track_adopt(struct rtc_receive_track *t, uint32_t ssrc, int64_t now_us);

/** Take a packet of `ssrc` with the payload type of the codec. */
void rtc_receive_track_take(struct rtc_receive_track *t, const struct rtp_packet *packet, int64_t now_us);

/** Take a packet of redundant sound: what it repeats takes the places of packets that are missing. */
void rtc_receive_track_take_red(struct rtc_receive_track *t, const struct rtp_packet *packet, int64_t now_us);

/** Take a packet of RTX: the number of the original, and its payload. */
void rtc_receive_track_take_rtx(struct rtc_receive_track *t, const struct rtp_packet *packet, int64_t now_us);

/** Take what the sender reports of `ssrc`. */
void rtc_receive_track_take_sr(struct rtc_receive_track *t, const struct rtcp_sender_info *info, int64_t now_us);

/** Lost packets may be asked for, or may not: then they are waited for only as long as packets take to change places. */
void rtc_receive_track_may_ask(struct rtc_receive_track *t, bool may_ask);

/** Give up what was missed too long. */
void rtc_receive_track_tick(struct rtc_receive_track *t, int64_t now_us);

/** When a key frame must be asked for; `every_us`: as often as this in any case; 0: only when one is needed. INT64_MAX: never. */
int64_t rtc_receive_track_key_due_us(const struct rtc_receive_track *t, int64_t every_us);

#endif
