/**
 * A session of WebRTC in which this server is the client: it calls another server by WHIP or WHEP (signal.h), over a socket of its own.
 *
 *     e = rtc_call_offer(&c, &setup, &wish, deadline)    the other server has agreed: c.agreed
 *     e = rtc_call_connect(&c, deadline)                 media may flow
 *     loop:
 *         e = rtc_call_tend(&c)                          after each wake; by rtc_call_due_us()
 *         rtc_call_send_rtp(), rtc_call_send_rtcp()
 *     rtc_call_close(&c)                                 always
 *
 * What it sends and takes is the business of its user: rtc_playing (playing.h) fits its outlet, rtc_receiver (protocol/rtc/receiver.h) its
 * packets. A coroutine of the call reads the socket, hands packets to setup.rtp and setup.rtcp, and wakes the one that made
 * the offer when the state has changed.
 *
 * A server that is silent for RTC_CALL_SILENT_US is gone (RFC 7675: 30 s), one that says goodbye at once.
 *
 * Ownership  struct rtc_call stays where it is from offer to close, and is used by one coroutine
 * Yields     where it says so
 */
#ifndef APP_RTC_CALL_H
#define APP_RTC_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/rtc/peer.h"
#include "app/rtc/signal.h"
#include "app/rtc/udp_port.h"
#include "core/attr.h"
#include "core/clock.h"
#include "core/err.h"
#include "protocol/co.h"
#include "protocol/io.h"
#include "protocol/rtc/sdp_agree.h"
#include "protocol/rtc/transport.h"

struct conf;
struct conf_rtc;
struct dtls_identity;

enum {
    RTC_CALL_SILENT_US = 30 * US_PER_SECOND,
    RTC_CALL_GOODBYE_US = US_PER_SECOND, /* for DELETE */
};

/* Packets, decrypted; they must not yield. */
struct rtc_call_setup {
    struct rtc_signal_how  how; /* borrowed for the offer */
    const struct conf     *conf;
    const struct conf_rtc *rtc; /* of the vhost; both borrowed until the offer first yields */
    void (*rtp)(void *arg, int64_t now_us, uint8_t *bytes, size_t len);
    void (*rtcp)(void *arg, int64_t now_us, uint8_t *bytes, size_t len);
    void *arg;
};

/* One that is all zero has nothing to close. */
struct rtc_call {
    struct rtc_call_setup setup;
    struct rtc_signal     signal;
    struct rtc_agreement  agreed;
    struct dtls_identity *identity;
    struct io             io;
    struct rtc_udp_port   port;
    struct rtc_transport *transport;
    struct co            *owner;
    struct co_group       group;
    bool                  is_open, has_port; /* the io, and the port over it */
    bool                  connected, over;
    int64_t               bytes_in, bytes_out;
    char                  ufrag[RTC_LOCAL_UFRAG_LEN + 1], pwd[RTC_LOCAL_PWD_LEN + 1], mark[RTC_MARK_CAP];
    char                  cname[RTC_CNAME_LEN + 1];
};

/**
 * Offer a session of these codecs, and agree with the answer. The wish's SSRCs, feedback and transport are set here.
 *
 * Errors     those of rtc_signal_offer(); E_RTC_SDP_DECODE, E_RTC_SDP_EXCHANGE: the answer is none, or one to another offer; E_ST_CONNECT: it
 *            names no address that can be reached; those of io_bind(); out of memory
 * Yields     yes
 */
struct err *rtc_call_offer(struct rtc_call *c, const struct rtc_call_setup *setup, struct sdp_wish *wish,
                           int64_t deadline_us) ATTR_MUST_USE;

/**
 * Wait until media may flow.
 *
 * Errors     E_RTC_STUN: not by the deadline; E_RTC_DTLS; E_THREAD_INTERRUPTED
 * Yields     yes
 */
struct err *rtc_call_connect(struct rtc_call *c, int64_t deadline_us) ATTR_MUST_USE;

/** Send what is due, and tell whether the server is still there. Errors: E_END_OF_STREAM: it said goodbye; E_RTC_DTLS, E_SOCKET_TIMEOUT. */
struct err *rtc_call_tend(struct rtc_call *c) ATTR_MUST_USE;

/** When rtc_call_tend() is due. */
int64_t rtc_call_due_us(const struct rtc_call *c);

/** As rtc_peer_send_rtp() (peer.h). */
bool rtc_call_send_rtp(struct rtc_call *c, uint8_t *bytes, size_t len);
bool rtc_call_send_rtcp(struct rtc_call *c, uint8_t *bytes, size_t len);

/** Say goodbye, end the session at the server, and free what is held. Also by a coroutine that was cancelled. Yields. */
void rtc_call_close(struct rtc_call *c);

#endif
