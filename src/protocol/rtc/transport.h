/**
 * The way to one WebRTC peer: ICE, DTLS and SRTP over datagrams that somebody else sends and receives.
 *
 *     e = rtc_transport_new(&t, &setup, now_us)
 *     for each datagram:   rtc_transport_take(t, now_us, &from, bytes, len)       calls setup.events
 *     while rtc_transport_wants_handshake(t):  a step of the handshake, computed where it holds up nobody (handshake.h)
 *     at rtc_transport_due_us(t):  rtc_transport_tick(t, now_us)
 *     once RTC_STEP_CONNECTED:     rtc_transport_seal_rtp(t, bytes, &len, cap), then send to *rtc_transport_peer(t)
 *     rtc_transport_close(t); rtc_transport_free(&t)
 *
 * We are ICE-lite: we offer host candidates and answer checks, and the peer chooses the pair. Nothing is answered, and nothing
 * but a check is read, before a check with our ufrag, the peer's and the right integrity has come; then only from addresses that sent
 * such a check. An address gets DTLS and media once it has answered a check of ours (ice.h): who forges the address of somebody else
 * has only two short messages sent there for each check, less than the three times that RFC 9000 8.1 allows.
 *
 * As a client (`calls`) we check the candidates of the answer, and choose:
 *
 *     rtc_transport_call(t, &candidate) for each, then rtc_transport_tick() at rtc_transport_due_us(), which is at once
 *
 * Source     RFC 8445 2.5, 7.3 (ICE-lite); RFC 8839; RFC 7675 (consent); RFC 7983 (demultiplexing); RFC 5764, 6347, 8827 (DTLS-SRTP)
 * Units      microseconds of now_us()
 * Yields     no, and the events must not either. An event may not free the transport; it may set a flag for its caller
 */
#ifndef PROTOCOL_RTC_TRANSPORT_H
#define PROTOCOL_RTC_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/err.h"
#include "protocol/rtc/addr.h"
#include "protocol/rtc/dtls.h"
#include "protocol/rtc/dtls_identity.h"
#include "protocol/rtc/handshake.h"

/* The steps of a session, in order; the doctor tells the last one that was reached. */
enum rtc_step {
    RTC_STEP_NEW,       /* no check has come */
    RTC_STEP_CHECKED,   /* the peer is reachable: a check with the right integrity came */
    RTC_STEP_NOMINATED, /* the peer chose a pair, and is reached by it */
    RTC_STEP_HANDSHAKE, /* DTLS of the peer has come */
    RTC_STEP_CONNECTED, /* media may flow */
    RTC_STEP_CLOSED,    /* the peer said goodbye (close_notify) */
    RTC_STEP_FAILED,    /* rtc_transport_why() */
};

enum rtc_failure {
    RTC_FAILURE_NONE,
    RTC_FAILURE_HANDSHAKE,   /* DTLS refused what came, or gave up */
    RTC_FAILURE_FINGERPRINT, /* the certificate is not the one of the offer */
    RTC_FAILURE_PROFILE,     /* no SRTP profile in common */
    RTC_FAILURE_CONSENT,     /* the peer has been silent for consent_us */
    RTC_FAILURE_MEMORY,
    RTC_FAILURE_SSRCS, /* media of more SSRCs than a session may have */
};

/* What became of a datagram. */
enum rtc_took {
    RTC_DROPPED, /* not of this session, or not now */
    RTC_TAKEN,
    RTC_VERIFIED, /* a check with the right integrity: `from` is an address of this session, if it is not forged */
    RTC_PROVEN,   /* the answer to a check of ours: it is not */
};

struct rtc_events {
    void (*send)(void *arg, const struct rtc_addr *to, const uint8_t *bytes,
                 size_t len);                                           /* STUN and DTLS; copy or send at once */
    void (*rtp)(void *arg, int64_t now_us, uint8_t *bytes, size_t len); /* decrypted; no replay */
    void (*rtcp)(void *arg, int64_t now_us, uint8_t *bytes, size_t len);
    void (*step)(void *arg, enum rtc_step step); /* each once, in order; some may be left out */
    void *arg;
};

struct rtc_transport_setup {
    const char             *local_ufrag, *local_pwd;
    const char             *remote_ufrag; /* "": any */
    const char             *remote_pwd;   /* NULL: not known, and any address with a right check is sent to */
    const char             *mark;         /* ICE_MARK_LEN characters that the ids of our checks begin with (ice.h) */
    struct dtls_identity   *identity;     /* a reference is taken */
    struct dtls_fingerprint fingerprint;  /* of the peer's certificate; len 0: RTC_FAILURE_FINGERPRINT */
    enum rtc_dtls_version   version;
    bool                    calls;        /* We are the client, and choose the pair. */
    bool                    is_active;    /* our DTLS role: active is the client (a=setup) */
    bool                    strict_roles; /* a peer that claims to be controlled gets 487 */
    bool                    no_dtls;      /* `dtls=false`: connected once an address is proven; RTP is plain */
    bool                    no_srtp;      /* `encrypt=false`: DTLS, but RTP is plain */
    int64_t                 consent_us;   /* a peer that is silent for this long has failed; 0: never */
    struct rtc_events       events;
};

struct rtc_transport;

/** Make a transport. All texts are copied. Errors: E_RTC_INVALID_ICE (credentials, ice.h), out of memory. */
struct err *rtc_transport_new(struct rtc_transport **out, const struct rtc_transport_setup *setup,
                              int64_t now_us) ATTR_MUST_USE;

/** Check a candidate of the peer, as a client. False: it is known, there are ICE_ADDRS_MAX, or there are no random numbers. */
bool rtc_transport_call(struct rtc_transport *t, const struct rtc_addr *candidate) ATTR_MUST_USE;

/** Free it without a goodbye, and set the pointer to NULL. NULL is allowed. */
void rtc_transport_free(struct rtc_transport **t);

/** Tell the peer goodbye (close_notify), if there is a connection. Nothing is sent after it. */
void rtc_transport_close(struct rtc_transport *t);

/** Take one datagram of any kind; `bytes` are changed (decrypted in place). */
enum rtc_took rtc_transport_take(struct rtc_transport *t, int64_t now_us, const struct rtc_addr *from, uint8_t *bytes,
                                 size_t len);

/**
 * Take media from an address that no check has come from. That they are of this session only their authentication tells. The address is
 * then asked by a check, of at most three times the length of the packet, and becomes the peer's once it has answered.
 *
 * Returns    false: they are not, and `bytes` are of no use any more
 */
bool rtc_transport_take_moved(struct rtc_transport *t, int64_t now_us, const struct rtc_addr *from, uint8_t *bytes,
                              size_t len);

/** Datagrams of DTLS have come before the end of the handshake, or we are to begin with it, and no step is lent. */
bool rtc_transport_wants_handshake(const struct rtc_transport *t);

/**
 * Lend the step that is wanted; NULL: none is. Meanwhile the transport may be used, closed and freed; what comes of DTLS waits for
 * the next step.
 */
struct rtc_handshake *rtc_transport_lend_handshake(struct rtc_transport *t) ATTR_MUST_USE;

/** Take a step back that was computed, send what it made, and go on. The step is freed. */
void rtc_transport_take_handshake(struct rtc_transport *t, struct rtc_handshake *h, int64_t now_us);

/** When rtc_transport_tick() is due; INT64_MAX: never. It may change with each call above. */
int64_t rtc_transport_due_us(const struct rtc_transport *t);
void    rtc_transport_tick(struct rtc_transport *t, int64_t now_us);

/**
 * Encrypt a packet in place, for *rtc_transport_peer(). A packet that is sent again with the same sequence number must have the same
 * bytes, extensions too: another one under the same number would give the key of AES-GCM away.
 *
 * Returns    false when not connected, the packet is malformed, or `cap` leaves less than RTC_SEAL_MAX behind *len
 */
bool rtc_transport_seal_rtp(struct rtc_transport *t, uint8_t *bytes, size_t *len, size_t cap) ATTR_MUST_USE;
bool rtc_transport_seal_rtcp(struct rtc_transport *t, uint8_t *bytes, size_t *len, size_t cap) ATTR_MUST_USE;

/** Where to send: the address of the pair that the peer chose; len 0 before one has shown that it is reached. */
const struct rtc_addr *rtc_transport_peer(const struct rtc_transport *t);

/** New credentials after an ICE restart (RFC 8445 2.4): DTLS and media go on. Errors: those of rtc_transport_new(). */
struct err *rtc_transport_restart_ice(struct rtc_transport *t, const char *local_ufrag, const char *local_pwd,
                                      const char *remote_ufrag, const char *remote_pwd) ATTR_MUST_USE;

enum rtc_step    rtc_transport_step(const struct rtc_transport *t);
enum rtc_failure rtc_transport_why(const struct rtc_transport *t);

/** "nominated", "connected" ...; "the fingerprint is another one" ... */
const char *rtc_step_name(enum rtc_step step);
const char *rtc_failure_text(enum rtc_failure failure);

/** When the last datagram that was authenticated came from *rtc_transport_peer(); the time of rtc_transport_new() before the first. */
int64_t rtc_transport_heard_us(const struct rtc_transport *t);

/** Describes the connection: "DTLSv1.2, ECDHE-ECDSA-AES128-GCM-SHA256, SRTP_AEAD_AES_128_GCM"; "" before. Returns `text`. */
const char *rtc_transport_describe(const struct rtc_transport *t, char *text, size_t cap);

/* Datagrams since the start that were dropped, by cause. */
struct rtc_drops {
    uint32_t not_verified; /* from an address that sent no check */
    uint32_t bad_check;    /* a check with wrong username or integrity */
    uint32_t bad_srtp;     /* not authenticated, or a replay */
    uint32_t early;        /* DTLS before an address is proven, media before the handshake has ended */
    uint32_t busy;         /* DTLS beyond what may wait for a step of the handshake (handshake.h) */
    uint32_t other;        /* no kind of RFC 7983 that we speak */
};
const struct rtc_drops *rtc_transport_drops(const struct rtc_transport *t);

#endif
