/**
 * Two transports with a wire between them that a test may cut. Each is ICE-lite, so the test makes the checks that a full agent would,
 * and answers those that it gets.
 */
#ifndef TEST_UNIT_PROTOCOL_RTC_WIRE_H
#define TEST_UNIT_PROTOCOL_RTC_WIRE_H

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include "core/clock.h"
#include "protocol/rtc/stun.h"
#include "protocol/rtc/transport.h"

enum { WIRE_QUEUE = 64, WIRE_DATAGRAM = 2048 };

#define UFRAG_A "ufragA"
#define UFRAG_B "ufragB"
#define PWD_A "passwordOfSideA1234567890"
#define PWD_B "passwordOfSideB1234567890"

struct wire_datagram {
    size_t  len;
    uint8_t bytes[WIRE_DATAGRAM];
};

struct wire;

struct wire_side {
    struct wire          *wire;
    struct rtc_transport *t;
    struct rtc_addr       addr;
    struct wire_datagram  queue[WIRE_QUEUE]; /* on its way to this side */
    unsigned              head, tail;
    enum rtc_step         steps[16];
    unsigned              n_steps;
    struct wire_datagram  rtp, rtcp; /* the last ones that came out */
    unsigned              n_rtp, n_rtcp;
    unsigned              n_sent, n_stun_sent; /* DTLS, checks' answers */
    unsigned              n_asked;             /* checks of its own */
    struct wire_datagram  asked;               /* the last one */
    struct rtc_addr       sent_to;
    size_t                sent_bytes;  /* of everything */
    bool                  keeps_steps; /* The test itself computes the steps of the handshake. */
    struct rtc_handshake *kept;        /* ... and has this one */
};

struct wire {
    struct wire_side a, b;           /* passive, active */
    unsigned         n_dtls;         /* datagrams of DTLS so far, of both sides */
    int              drop;           /* the number of the one that is lost; -1: none */
    bool             carries_checks; /* A side is a client: checks go over the wire, too. */
};

static inline struct rtc_addr wire_addr(const char *text, uint16_t port)
{
    struct rtc_addr a = { .v4 = { .sin_family = AF_INET, .sin_port = htons(port) }, .len = sizeof a.v4 };
    inet_pton(AF_INET, text, &a.v4.sin_addr);
    return a;
}

static inline struct wire_side *wire_other(struct wire_side *s)
{
    return s == &s->wire->a ? &s->wire->b : &s->wire->a;
}

static inline void wire_put(struct wire_side *to, const uint8_t *bytes, size_t len)
{
    struct wire_datagram *d = &to->queue[to->tail++ % WIRE_QUEUE];
    d->len = len < WIRE_DATAGRAM ? len : WIRE_DATAGRAM;
    memcpy(d->bytes, bytes, d->len);
}

static inline void wire_keep(struct wire_datagram *d, const uint8_t *bytes, size_t len)
{
    d->len = len;
    memcpy(d->bytes, bytes, len);
}

static inline void wire_send(void *arg, const struct rtc_addr *to, const uint8_t *bytes, size_t len)
{
    struct wire_side *s = arg;
    s->sent_to = *to;
    s->sent_bytes += len;
    if (stun_is(bytes, len)) {
        bool is_request = bytes[0] == 0 && bytes[1] == STUN_BINDING;
        (*(is_request ? &s->n_asked : &s->n_stun_sent))++;
        if (is_request)
            wire_keep(&s->asked, bytes, len);
        if (s->wire->carries_checks && rtc_addr_is(to, &wire_other(s)->addr))
            wire_put(wire_other(s), bytes, len);
        return;
    }
    s->n_sent++;
    if ((int)s->wire->n_dtls++ != s->wire->drop)
        wire_put(wire_other(s), bytes, len);
}

static inline void wire_rtp(void *arg, int64_t at_us, uint8_t *bytes, size_t len)
{
    struct wire_side *s = arg;
    (void)at_us;
    s->n_rtp++;
    wire_keep(&s->rtp, bytes, len);
}

static inline void wire_rtcp(void *arg, int64_t at_us, uint8_t *bytes, size_t len)
{
    struct wire_side *s = arg;
    (void)at_us;
    s->n_rtcp++;
    wire_keep(&s->rtcp, bytes, len);
}

static inline void wire_step(void *arg, enum rtc_step step)
{
    struct wire_side *s = arg;
    s->steps[s->n_steps++ % ARRAY_LEN(s->steps)] = step;
}

static inline struct rtc_events wire_events(struct wire_side *s)
{
    return (struct rtc_events){ wire_send, wire_rtp, wire_rtcp, wire_step, s };
}

/** What side a (passive) is made of; the caller may change it. */
static inline struct rtc_transport_setup wire_setup(struct wire *w, struct wire_side *s, struct dtls_identity *ours,
                                                    const struct dtls_identity *theirs)
{
    bool is_a = s == &w->a;
    s->wire = w;
    s->addr = wire_addr(is_a ? "127.0.0.1" : "127.0.0.2", 4000);
    return (struct rtc_transport_setup){
        .local_ufrag = is_a ? UFRAG_A : UFRAG_B,
        .local_pwd = is_a ? PWD_A : PWD_B,
        .remote_ufrag = is_a ? UFRAG_B : UFRAG_A,
        .remote_pwd = is_a ? PWD_B : PWD_A,
        .mark = is_a ? "ofsida" : "ofsidb",
        .identity = ours,
        .fingerprint = *dtls_identity_fingerprint(theirs),
        .is_active = !is_a,
        .events = wire_events(s),
    };
}

/* A check as the other side of `to` would send it. */
struct wire_check {
    bool        use_candidate, is_controlled;
    const char *username_to, *username_from, *password; /* NULL: the right ones */
    uint8_t     transaction;                            /* 0: a new one */
    uint32_t    priority;                               /* 0: 1 */
    bool        is_forged;    /* What is sent to its address does not come to the one who sends it. */
    const char *own_password; /* of the one who sends it; NULL: the right one */
};

static inline size_t wire_write_check(uint8_t *bytes, size_t cap, const struct wire_side *to,
                                      const struct wire_check *c)
{
    static uint64_t number;
    bool            is_a = to == &to->wire->a;
    uint8_t         id[STUN_ID_LEN] = { 0 };
    struct wr       w = wr_over(bytes, cap);
    number += 256;
    uint64_t in_id = c->transaction ? c->transaction : number;
    memcpy(id, &in_id, sizeof in_id);
    stun_write_begin(&w, STUN_REQUEST, id);
    stun_write_username(&w,
                        c->username_to ? c->username_to
                        : is_a         ? UFRAG_A
                                       : UFRAG_B,
                        c->username_from ? c->username_from
                        : is_a           ? UFRAG_B
                                         : UFRAG_A);
    stun_write_priority(&w, c->priority ? c->priority : 1);
    if (c->use_candidate)
        stun_write_use_candidate(&w);
    stun_write_role(&w, !c->is_controlled, 7);
    return stun_write_end(&w, c->password ? c->password : is_a ? PWD_A : PWD_B) ? wr_len(&w) : 0;
}

/** Compute the steps of the handshake that a side wants, at once. */
static inline void wire_shake(struct wire_side *s, int64_t now)
{
    for (struct rtc_handshake *h; !s->keeps_steps && (h = rtc_transport_lend_handshake(s->t));) {
        rtc_handshake_compute(h);
        rtc_transport_take_handshake(s->t, h, now);
    }
}

/** Answer the last check of a side as the one who is at `from` would. `password`: of the other side; NULL: the right one. */
static inline enum rtc_took wire_answer_at(struct wire_side *to, int64_t now, const struct rtc_addr *from,
                                           const char *password)
{
    uint8_t             bytes[STUN_MESSAGE_MAX];
    struct stun_message m;
    struct wr           w = wr_over(bytes, sizeof bytes);
    enum rtc_took       took;
    if (!stun_parse(&m, to->asked.bytes, to->asked.len))
        return RTC_DROPPED;
    stun_write_begin(&w, STUN_SUCCESS, m.id);
    stun_write_mapped(&w, &to->addr);
    if (!stun_write_end(&w, password ? password : to == &to->wire->a ? PWD_B : PWD_A))
        return RTC_DROPPED;
    took = rtc_transport_take(to->t, now, from, bytes, wr_len(&w));
    wire_shake(to, now);
    return took;
}

static inline enum rtc_took wire_check_at(struct wire_side *to, int64_t now, const struct rtc_addr *from,
                                          const struct wire_check *c)
{
    uint8_t       bytes[STUN_MESSAGE_MAX];
    size_t        len = wire_write_check(bytes, sizeof bytes, to, c);
    unsigned      asked = to->n_asked;
    enum rtc_took took = rtc_transport_take(to->t, now, from, bytes, len);
    wire_shake(to, now);
    if (to->n_asked != asked && !c->is_forged)
        wire_answer_at(to, now, from, c->own_password);
    return took;
}

static inline enum rtc_took wire_check_from(struct wire_side *to, const struct rtc_addr *from,
                                            const struct wire_check *c)
{
    return wire_check_at(to, now_us(), from, c);
}

/** Checks of both sides, with a nomination. */
static inline void wire_check_both(struct wire *w)
{
    const struct wire_check c = { .use_candidate = true };
    wire_check_from(&w->a, &w->b.addr, &c);
    wire_check_from(&w->b, &w->a.addr, &c);
}

/** Deliver what is on its way to one side; false if nothing was. */
static inline bool wire_deliver(struct wire_side *to)
{
    bool any = to->head != to->tail;
    while (to->head != to->tail) {
        struct wire_datagram d = to->queue[to->head++ % WIRE_QUEUE];
        rtc_transport_take(to->t, now_us(), &wire_other(to)->addr, d.bytes, d.len);
        wire_shake(to, now_us());
    }
    return any;
}

/** Deliver until both ways are empty. */
static inline void wire_drain(struct wire *w)
{
    for (bool any = true; any;) {
        any = wire_deliver(&w->a);
        any |= wire_deliver(&w->b);
    }
}

static inline bool wire_is_settled(const struct wire *w)
{
    return rtc_transport_step(w->a.t) >= RTC_STEP_CONNECTED && rtc_transport_step(w->b.t) >= RTC_STEP_CONNECTED;
}

/** Deliver, and let the timers work, until both sides are connected or have failed. */
static inline void wire_run(struct wire *w)
{
    wire_drain(w);
    while (!wire_is_settled(w)) {
        int64_t due = rtc_transport_due_us(w->a.t), other = rtc_transport_due_us(w->b.t);
        due = due < other ? due : other;
        if (due == INT64_MAX)
            return;
        int64_t left = due - now_us();
        if (left > 0)
            nanosleep(&(struct timespec){ left / US_PER_SECOND, left % US_PER_SECOND * 1000 }, NULL);
        rtc_transport_tick(w->a.t, now_us());
        rtc_transport_tick(w->b.t, now_us());
        wire_drain(w);
    }
}

#endif
