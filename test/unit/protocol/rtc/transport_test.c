#include "protocol/rtc/transport.h"

#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/mem.h"
#include "protocol/rtc/ice.h"
#include "wire.h"

static struct dtls_identity *ecdsa, *rsa;

static int begin(void **state)
{
    (void)state;
    struct err *e = dtls_identity_new(&ecdsa, false);
    return e || (e = dtls_identity_new(&rsa, true)) ? -1 : 0;
}

static int finish(void **state)
{
    (void)state;
    dtls_identity_unref(&ecdsa);
    dtls_identity_unref(&rsa);
    return 0;
}

static struct wire *wire_new(void)
{
    struct wire *w = calloc(1, sizeof *w);
    w->drop = -1;
    return w;
}

static void open_side(struct wire_side *s, const struct rtc_transport_setup *setup)
{
    assert_null(rtc_transport_new(&s->t, setup, now_us()));
}

static struct wire *wire_open(void)
{
    struct wire               *w = wire_new();
    struct rtc_transport_setup a = wire_setup(w, &w->a, ecdsa, rsa), b = wire_setup(w, &w->b, rsa, ecdsa);
    open_side(&w->a, &a);
    open_side(&w->b, &b);
    return w;
}

static void wire_free(struct wire *w)
{
    rtc_transport_free(&w->a.t);
    rtc_transport_free(&w->b.t);
    free(w);
}

static struct wire *wire_connected(void)
{
    struct wire *w = wire_open();
    wire_check_both(w);
    wire_run(w);
    assert_int_equal(rtc_transport_step(w->a.t), RTC_STEP_CONNECTED);
    assert_int_equal(rtc_transport_step(w->b.t), RTC_STEP_CONNECTED);
    return w;
}

/* A packet of RTP with 20 bytes of payload, or an RR; the length. */
static size_t write_rtp(uint8_t *bytes, uint16_t seq, uint32_t ssrc)
{
    struct wr w = wr_over(bytes, 64);
    wr_u16(&w, 0x8060);
    wr_u16(&w, seq);
    wr_u32(&w, 1000U * seq);
    wr_u32(&w, ssrc);
    for (uint8_t i = 0; i < 20; i++)
        wr_u8(&w, (uint8_t)(seq + i));
    return wr_len(&w);
}

static size_t write_rr(uint8_t *bytes, uint32_t ssrc)
{
    struct wr w = wr_over(bytes, 64);
    wr_u32(&w, 0x80C90001);
    wr_u32(&w, ssrc);
    return wr_len(&w);
}

/* Seal a packet at one side; the length. */
static size_t seal(struct wire_side *from, uint8_t bytes[256], uint16_t seq, uint32_t ssrc)
{
    size_t len = write_rtp(bytes, seq, ssrc);
    assert_true(rtc_transport_seal_rtp(from->t, bytes, &len, 256));
    return len;
}

static enum rtc_took take(struct wire_side *to, const struct rtc_addr *from, uint8_t *bytes, size_t len)
{
    enum rtc_took took = rtc_transport_take(to->t, now_us(), from, bytes, len);
    wire_shake(to, now_us());
    return took;
}

static void media_passes(struct wire_side *from, uint16_t seq)
{
    struct wire_side *to = wire_other(from);
    uint8_t           plain[64], bytes[256];
    size_t            len = write_rtp(plain, seq, 77), sealed = seal(from, bytes, seq, 77);
    unsigned          before = to->n_rtp;
    assert_int_equal(take(to, &from->addr, bytes, sealed), RTC_TAKEN);
    assert_int_equal(to->n_rtp, before + 1);
    assert_int_equal(to->rtp.len, len);
    assert_memory_equal(to->rtp.bytes, plain, len);
}

static void feedback_passes(struct wire_side *from)
{
    struct wire_side *to = wire_other(from);
    uint8_t           plain[64], bytes[256];
    size_t            len = write_rr(plain, 9), sealed = write_rr(bytes, 9);
    assert_true(rtc_transport_seal_rtcp(from->t, bytes, &sealed, sizeof bytes));
    assert_true(sealed > len && sealed <= len + RTC_SEAL_MAX);
    assert_int_equal(take(to, &from->addr, bytes, sealed), RTC_TAKEN);
    assert_int_equal(to->rtcp.len, len);
    assert_memory_equal(to->rtcp.bytes, plain, len);
}

static void both_roles_connect_and_media_passes_both_ways(void **state)
{
    (void)state;
    static const enum rtc_step steps[] = { RTC_STEP_CHECKED, RTC_STEP_NOMINATED, RTC_STEP_HANDSHAKE,
                                           RTC_STEP_CONNECTED };
    struct wire               *w = wire_connected();
    char                       text[128];
    assert_int_equal(w->a.n_steps, ARRAY_LEN(steps));
    assert_memory_equal(w->a.steps, steps, sizeof steps);
    assert_string_equal(rtc_transport_describe(w->a.t, text, sizeof text),
                        "DTLSv1.2, ECDHE-ECDSA-AES128-GCM-SHA256, SRTP_AEAD_AES_128_GCM");
    for (uint16_t seq = 65530; seq != 5; seq++) {
        media_passes(&w->a, seq);
        media_passes(&w->b, seq);
    }
    feedback_passes(&w->a);
    feedback_passes(&w->b);
    assert_int_equal(rtc_transport_due_us(w->a.t), INT64_MAX);
    wire_free(w);
}

static void dtls_1_0_is_spoken_if_it_is_asked_for(void **state)
{
    (void)state;
    struct wire               *w = wire_new();
    struct rtc_transport_setup a = wire_setup(w, &w->a, ecdsa, ecdsa), b = wire_setup(w, &w->b, ecdsa, ecdsa);
    char                       text[128];
    a.version = b.version = RTC_DTLS_1_0;
    open_side(&w->a, &a);
    open_side(&w->b, &b);
    wire_check_both(w);
    wire_run(w);
    rtc_transport_describe(w->a.t, text, sizeof text);
    assert_memory_equal(text, "DTLSv1, ", 8);
    media_passes(&w->a, 1);
    wire_free(w);
}

/* ---- before the handshake ---- */

static void dtls_before_a_check_makes_nothing(void **state)
{
    (void)state;
    struct wire            *w = wire_open();
    const struct wire_check check = { .use_candidate = true };
    wire_check_from(&w->b, &w->a.addr, &check);
    assert_int_equal(w->b.n_sent, 1);
    wire_deliver(&w->a);
    assert_int_equal(w->a.n_sent + w->a.n_stun_sent, 0);
    assert_int_equal(rtc_transport_step(w->a.t), RTC_STEP_NEW);
    assert_int_equal(rtc_transport_drops(w->a.t)->not_verified, 1);
    wire_free(w);
}

static void wrong_checks_get_no_answer(void **state)
{
    (void)state;
    static const struct wire_check checks[] = {
        { .password = "passwordOfSideA1234567891" },
        { .username_to = "ufragC" },
        { .username_from = "ufragC" },
        { .username_to = "ufrag" },
        { .username_to = "ufragA0" },
        { .username_from = "ufragB0" },
    };
    struct wire *w = wire_open();
    for (size_t i = 0; i < ARRAY_LEN(checks); i++)
        assert_int_equal(wire_check_from(&w->a, &w->b.addr, &checks[i]), RTC_DROPPED);
    assert_int_equal(rtc_transport_drops(w->a.t)->bad_check, ARRAY_LEN(checks));
    assert_int_equal(w->a.n_stun_sent, 0);
    assert_int_equal(rtc_transport_peer(w->a.t)->len, 0);
    wire_free(w);
}

static void dtls_from_an_address_without_check_is_dropped(void **state)
{
    (void)state;
    struct wire    *w = wire_open();
    struct rtc_addr stranger = wire_addr("127.0.0.3", 4000);
    wire_check_both(w);
    struct wire_datagram *d = &w->a.queue[w->a.head];
    assert_int_equal(take(&w->a, &stranger, d->bytes, d->len), RTC_DROPPED);
    assert_int_equal(w->a.n_sent, 0);
    wire_run(w);
    uint8_t bytes[256];
    size_t  len = seal(&w->b, bytes, 1, 7);
    assert_int_equal(take(&w->a, &stranger, bytes, len), RTC_DROPPED);
    assert_int_equal(take(&w->a, &w->b.addr, bytes, len), RTC_TAKEN);
    wire_free(w);
}

static void media_before_the_end_of_the_handshake_is_dropped(void **state)
{
    (void)state;
    struct wire *w = wire_open();
    uint8_t      bytes[256];
    size_t       len = write_rtp(bytes, 1, 7);
    wire_check_both(w);
    assert_int_equal(take(&w->a, &w->b.addr, bytes, len), RTC_DROPPED);
    assert_int_equal(rtc_transport_drops(w->a.t)->early, 1);
    assert_false(rtc_transport_seal_rtp(w->a.t, bytes, &len, sizeof bytes));
    wire_free(w);
}

static void every_handshake_datagram_may_be_lost(void **state)
{
    (void)state;
    struct wire *whole = wire_connected();
    unsigned     n = whole->n_dtls;
    wire_free(whole);
    assert_true(n >= 4);
    for (unsigned lost = 0; lost < n; lost++) {
        struct wire *w = wire_open();
        w->drop = (int)lost;
        wire_check_both(w);
        wire_run(w);
        assert_int_equal(rtc_transport_step(w->a.t), RTC_STEP_CONNECTED);
        assert_int_equal(rtc_transport_step(w->b.t), RTC_STEP_CONNECTED);
        media_passes(&w->a, 1);
        media_passes(&w->b, 1);
        wire_free(w);
    }
}

/* Side a has a ClientHello, and lends the step that it makes of it. */
static struct rtc_handshake *lend_first_step(struct wire *w)
{
    w->a.keeps_steps = true;
    wire_check_both(w);
    assert_false(rtc_transport_wants_handshake(w->a.t));
    wire_deliver(&w->a);
    assert_true(rtc_transport_wants_handshake(w->a.t));
    struct rtc_handshake *h = rtc_transport_lend_handshake(w->a.t);
    assert_non_null(h);
    return h;
}

static void a_step_that_is_lent_holds_up_no_check_and_bounds_what_waits(void **state)
{
    (void)state;
    struct wire          *w = wire_open();
    struct rtc_handshake *h = lend_first_step(w);
    unsigned              checks = w->a.n_stun_sent;
    assert_int_equal(rtc_transport_due_us(w->a.t), INT64_MAX);
    assert_int_equal(wire_check_from(&w->a, &w->b.addr, &(struct wire_check){ .use_candidate = true }), RTC_VERIFIED);
    assert_int_equal(w->a.n_stun_sent, checks + 1);
    for (unsigned i = 0; i < 2 * RTC_HANDSHAKE_DATAGRAMS; i++) {
        uint8_t garbage[RTC_HANDSHAKE_BYTES / RTC_HANDSHAKE_DATAGRAMS] = { 22, 254, 253 };
        assert_int_equal(take(&w->a, &w->b.addr, garbage, sizeof garbage),
                         i < RTC_HANDSHAKE_DATAGRAMS ? RTC_TAKEN : RTC_DROPPED);
    }
    assert_int_equal(rtc_transport_drops(w->a.t)->busy, RTC_HANDSHAKE_DATAGRAMS);
    assert_false(rtc_transport_wants_handshake(w->a.t));
    assert_int_equal(w->a.n_sent, 0);

    w->a.keeps_steps = false;
    rtc_handshake_compute(h);
    assert_int_equal(w->a.n_sent, 0); /* A step sends nothing by itself. */
    rtc_transport_take_handshake(w->a.t, h, now_us());
    assert_true(w->a.n_sent > 0);
    wire_run(w);
    assert_int_equal(rtc_transport_step(w->a.t), RTC_STEP_CONNECTED);
    media_passes(&w->a, 1);
    media_passes(&w->b, 1);
    wire_free(w);
}

static void a_goodbye_that_comes_while_the_last_step_is_computed_is_heard(void **state)
{
    (void)state;
    struct wire *w = wire_open();
    w->b.keeps_steps = true;
    wire_check_both(w);
    struct rtc_handshake *h = NULL;
    for (int i = 0; i < 8 && rtc_transport_step(w->a.t) != RTC_STEP_CONNECTED; i++) {
        wire_deliver(&w->b);
        h = rtc_transport_lend_handshake(w->b.t);
        assert_non_null(h);
        rtc_handshake_compute(h);
        rtc_transport_take_handshake(w->b.t, h, now_us());
        wire_deliver(&w->a);
    }
    wire_deliver(&w->b); /* The server is connected; its Finished is there. */
    h = rtc_transport_lend_handshake(w->b.t);
    assert_non_null(h);
    rtc_transport_close(w->a.t);
    wire_deliver(&w->b);
    rtc_handshake_compute(h);
    rtc_transport_take_handshake(w->b.t, h, now_us());
    assert_int_equal(rtc_transport_step(w->b.t), RTC_STEP_CLOSED);
    assert_int_equal(w->b.steps[w->b.n_steps - 2], RTC_STEP_CONNECTED);
    wire_free(w);
}

static void a_transport_may_end_while_a_step_is_lent(void **state)
{
    (void)state;
    for (int is_freed = 0; is_freed < 2; is_freed++) {
        struct wire          *w = wire_open();
        struct rtc_handshake *h = lend_first_step(w);
        rtc_transport_close(w->a.t);
        if (is_freed)
            rtc_transport_free(&w->a.t);
        rtc_handshake_compute(h);
        if (is_freed)
            rtc_handshake_free(&h);
        else
            rtc_transport_take_handshake(w->a.t, h, now_us());
        assert_int_equal(w->a.n_sent, 0);
        assert_true(is_freed || rtc_transport_step(w->a.t) == RTC_STEP_CLOSED);
        wire_free(w);
    }
}

static void records_that_come_early_are_bounded(void **state)
{
    (void)state;
    struct wire *w = wire_open();
    wire_check_both(w);
    wire_deliver(&w->a); /* ClientHello */
    size_t before = mallinfo2().uordblks;
    for (uint8_t n = 0; n < 100; n++) {
        uint8_t record[14] = { 22, 254, 253, 0, 1, 0, 0, 0, 0, 0, n, 0, 1, 0 };
        take(&w->a, &w->b.addr, record, sizeof record);
    }
    assert_true(mallinfo2().uordblks < before + 400 * 1024); /* 100 of them would be 1.7 MiB */
    assert_int_equal(rtc_transport_step(w->a.t), RTC_STEP_HANDSHAKE);
    wire_free(w);
}

static void another_certificate_is_refused(void **state)
{
    (void)state;
    for (int side = 0; side < 2; side++) {
        struct wire               *w = wire_new();
        struct rtc_transport_setup a = wire_setup(w, &w->a, ecdsa, rsa), b = wire_setup(w, &w->b, rsa, ecdsa);
        (side ? &a : &b)->fingerprint.bytes[31] ^= 1;
        open_side(&w->a, &a);
        open_side(&w->b, &b);
        wire_check_both(w);
        wire_run(w);
        struct wire_side *deceived = side ? &w->a : &w->b;
        assert_int_equal(rtc_transport_step(deceived->t), RTC_STEP_FAILED);
        assert_int_equal(rtc_transport_why(deceived->t), RTC_FAILURE_FINGERPRINT);
        assert_int_equal(rtc_transport_step(wire_other(deceived)->t), RTC_STEP_FAILED);
        wire_free(w);
    }
}

/* ---- connected ---- */

static void replays_and_changed_packets_are_dropped(void **state)
{
    (void)state;
    struct wire *w = wire_connected();
    uint8_t      bytes[256], again[256];
    size_t       len = seal(&w->a, bytes, 1, 7);
    memcpy(again, bytes, len);
    assert_int_equal(take(&w->b, &w->a.addr, bytes, len), RTC_TAKEN);
    assert_int_equal(take(&w->b, &w->a.addr, again, len), RTC_DROPPED);
    len = seal(&w->a, bytes, 2, 7);
    for (size_t at = 0; at < len; at++) {
        memcpy(again, bytes, len);
        again[at] ^= 0x10;
        assert_int_equal(take(&w->b, &w->a.addr, again, len), RTC_DROPPED);
    }
    assert_int_equal(w->b.n_rtp, 1);
    assert_int_equal(take(&w->b, &w->a.addr, bytes, len), RTC_TAKEN);
    wire_free(w);
}

static void sequence_numbers_wrap_often(void **state)
{
    (void)state;
    struct wire *w = wire_connected();
    for (uint32_t i = 0; i < 3 * 65536; i += 1000) /* SRTP counts the wraps (RFC 3711 3.3.1) */
        media_passes(&w->a, (uint16_t)i);
    wire_free(w);
}

/* A time when no nomination is contested by the first one. */
static int64_t later(int n)
{
    return now_us() + n * (int64_t)ICE_CONTEST_US;
}

static void a_nomination_moves_the_peer_within_one_round_trip(void **state)
{
    (void)state;
    struct wire            *w = wire_connected();
    struct rtc_addr         moved = wire_addr("127.0.0.9", 1234);
    const struct wire_check plain = { 0 }, nominating = { .use_candidate = true, .is_forged = true };
    unsigned                asked = w->a.n_asked;
    assert_int_equal(wire_check_at(&w->a, later(1), &moved, &plain), RTC_VERIFIED);
    assert_int_equal(w->a.n_asked, asked); /* It chooses nothing. */
    assert_true(rtc_addr_is(rtc_transport_peer(w->a.t), &w->b.addr));
    assert_int_equal(wire_check_at(&w->a, later(1), &moved, &nominating), RTC_VERIFIED);
    assert_int_equal(w->a.n_asked, asked + 1);
    assert_true(rtc_addr_is(rtc_transport_peer(w->a.t), &w->b.addr));
    assert_int_equal(wire_answer_at(&w->a, later(1), &moved, NULL), RTC_PROVEN);
    assert_true(rtc_addr_is(rtc_transport_peer(w->a.t), &moved));
    wire_free(w);
}

static void media_from_another_address_move_the_peer_once_it_has_answered(void **state)
{
    (void)state;
    struct wire    *w = wire_connected();
    struct rtc_addr moved = wire_addr("127.0.0.1", 4321);
    uint8_t         bytes[256];
    size_t          len = seal(&w->b, bytes, 500, 77);
    unsigned        asked = w->a.n_asked, came = w->a.n_rtp;
    assert_true(rtc_transport_take_moved(w->a.t, later(1), &moved, bytes, len));
    assert_int_equal(w->a.n_rtp, came + 1); /* The packet itself is not lost. */
    assert_true(rtc_addr_is(rtc_transport_peer(w->a.t), &w->b.addr));
    len = seal(&w->b, bytes, 501, 77);
    assert_true(rtc_transport_take_moved(w->a.t, later(1), &moved, bytes, len));
    assert_int_equal(w->a.n_asked, asked + (w->a.asked.len <= 3 * len ? 2 : 0)); /* the same check again */
    assert_true(rtc_addr_is(&w->a.sent_to, &moved));
    assert_int_equal(wire_answer_at(&w->a, later(1), &moved, NULL), RTC_PROVEN);
    assert_true(rtc_addr_is(rtc_transport_peer(w->a.t), &moved));
    wire_free(w);
}

static void media_of_strangers_and_replays_move_nothing(void **state)
{
    (void)state;
    struct wire    *w = wire_connected(), *other = wire_connected();
    struct rtc_addr victim = wire_addr("127.0.0.1", 4321);
    uint8_t         bytes[256], copy[256];
    unsigned        asked = w->a.n_asked, came = w->a.n_rtp;
    size_t          len = seal(&other->b, bytes, 500, 77);
    assert_false(rtc_transport_take_moved(w->a.t, later(1), &victim, bytes, len));
    len = seal(&w->b, bytes, 500, 77);
    memcpy(copy, bytes, len);
    assert_int_equal(take(&w->a, &w->b.addr, bytes, len), RTC_TAKEN);
    assert_false(rtc_transport_take_moved(w->a.t, later(1), &victim, copy, len));
    bytes[0] = 0;
    assert_false(rtc_transport_take_moved(w->a.t, later(1), &victim, bytes, len));
    assert_int_equal(w->a.n_asked, asked);
    assert_int_equal(w->a.n_rtp, came + 1);
    wire_free(other);
    wire_free(w);
}

static void a_forged_nomination_moves_nothing(void **state)
{
    (void)state;
    struct wire            *w = wire_connected();
    struct rtc_addr         victim = wire_addr("127.0.0.9", 1234), elsewhere = wire_addr("127.0.0.8", 1234);
    const struct wire_check forged = { .use_candidate = true, .is_forged = true };
    int64_t                 heard = rtc_transport_heard_us(w->a.t);
    for (int i = 0; i < 3; i++) {
        unsigned asked = w->a.n_asked, answered = w->a.n_stun_sent;
        assert_int_equal(wire_check_at(&w->a, later(1 + i), &victim, &forged), RTC_VERIFIED);
        assert_int_equal(w->a.n_asked, asked + 1); /* one each, and no longer than twice a check */
        assert_int_equal(w->a.n_stun_sent, answered + 1);
        assert_true(w->a.asked.len <= 100);
    }
    assert_int_equal(wire_answer_at(&w->a, later(4), &elsewhere, NULL), RTC_DROPPED);
    assert_int_equal(wire_answer_at(&w->a, later(4), &w->b.addr, NULL), RTC_DROPPED);
    assert_int_equal(wire_answer_at(&w->a, later(4), &victim, "passwordOfNobody12345678"), RTC_DROPPED);
    w->a.asked.bytes[STUN_HEAD_LEN - 1] ^= 1;
    assert_int_equal(wire_answer_at(&w->a, later(4), &victim, NULL), RTC_DROPPED); /* also: the fingerprint is wrong */
    assert_true(rtc_addr_is(rtc_transport_peer(w->a.t), &w->b.addr));
    assert_int_equal(rtc_transport_heard_us(w->a.t), heard); /* It keeps no session alive. */
    wire_free(w);
}

static void nothing_but_checks_goes_to_an_address_that_is_not_proven(void **state)
{
    (void)state;
    const struct wire_check forged = { .use_candidate = true, .is_forged = true };
    for (int no_dtls = 0; no_dtls < 2; no_dtls++) {
        struct wire               *w = wire_new();
        struct rtc_transport_setup a = wire_setup(w, &w->a, ecdsa, rsa), b = wire_setup(w, &w->b, rsa, ecdsa);
        a.no_dtls = b.no_dtls = no_dtls;
        open_side(&w->a, &a);
        open_side(&w->b, &b);
        wire_check_from(&w->b, &w->a.addr, &forged);
        assert_int_equal(w->b.n_sent, 0);
        wire_answer_at(&w->b, now_us(), &w->a.addr, NULL);
        assert_int_equal(w->b.n_sent, no_dtls ? 0 : 1);
        wire_check_from(&w->a, &w->b.addr, &forged);
        wire_deliver(&w->a); /* DTLS, for which it asks again, as the first one may be lost */
        assert_int_equal(w->a.n_sent, 0);
        assert_int_equal(w->a.n_asked, no_dtls ? 1 : 2);
        assert_int_equal(rtc_transport_peer(w->a.t)->len, 0);
        assert_int_equal(rtc_transport_step(w->a.t), RTC_STEP_CHECKED);
        wire_answer_at(&w->a, now_us(), &w->b.addr, NULL);
        assert_int_equal(rtc_transport_step(w->a.t), no_dtls ? RTC_STEP_CONNECTED : RTC_STEP_NOMINATED);
        wire_free(w);
    }
}

/* RFC 9000 8.1: who forges addresses has at most three times the bytes sent there that it sends, and leaves no connection behind. */
static void a_flood_with_forged_addresses_is_not_amplified(void **state)
{
    (void)state;
    struct wire    *w = wire_open();
    struct rtc_addr victim = wire_addr("192.0.2.1", 4000);
    uint8_t         hello[1200] = { 22, 254, 253 };
    size_t          came = 0;
    for (int i = 0; i < 200; i++) {
        const struct wire_check forged = { .use_candidate = i % 2, .is_forged = true, .priority = (uint32_t)i };
        size_t                  before = w->a.sent_bytes, len = wire_write_check(hello + 3, 512, &w->a, &forged);
        wire_check_from(&w->a, &victim, &forged);
        assert_in_range(w->a.sent_bytes - before, 1, 3 * len);
        came += len;
    }
    size_t held = mallinfo2().uordblks;
    for (size_t len = 1; len <= sizeof hello; len++) {
        size_t before = w->a.sent_bytes;
        hello[0] = 22;
        assert_int_equal(take(&w->a, &victim, hello, len), RTC_DROPPED);
        assert_in_range(w->a.sent_bytes - before, 0, 3 * len);
        came += len;
    }
    assert_in_range(w->a.sent_bytes, 1, 3 * came);
    assert_int_equal(w->a.n_sent, 0);
    assert_int_equal(mallinfo2().uordblks, held);
    assert_false(rtc_transport_wants_handshake(w->a.t));
    for (uint16_t port = 1; port < 60000; port++) {
        struct rtc_addr stranger = wire_addr("192.0.2.2", port);
        assert_int_equal(take(&w->a, &stranger, hello, sizeof hello), RTC_DROPPED);
    }
    assert_int_equal(mallinfo2().uordblks, held);
    assert_int_equal(w->a.n_sent, 0);
    wire_free(w);
}

static void within_a_second_the_highest_priority_is_chosen(void **state)
{
    (void)state;
    struct wire            *w = wire_open();
    struct rtc_addr         low = wire_addr("127.0.0.8", 1), high = wire_addr("127.0.0.9", 1);
    const struct wire_check lower = { .use_candidate = true, .priority = 5 },
                            higher = { .use_candidate = true, .priority = 9 };
    int64_t now = now_us();
    wire_check_at(&w->a, now, &low, &lower);
    assert_true(rtc_addr_is(rtc_transport_peer(w->a.t), &low));
    wire_check_at(&w->a, now + 1000, &high, &higher);
    assert_true(rtc_addr_is(rtc_transport_peer(w->a.t), &high));
    wire_check_at(&w->a, now + 1000 + ICE_CONTEST_US - 1, &low, &lower);
    assert_true(rtc_addr_is(rtc_transport_peer(w->a.t), &high));
    wire_check_at(&w->a, now + 1000 + ICE_CONTEST_US, &low, &lower);
    assert_true(rtc_addr_is(rtc_transport_peer(w->a.t), &low));
    wire_free(w);
}

static void a_peer_without_a_known_password_is_believed(void **state)
{
    (void)state;
    struct wire               *w = wire_new();
    struct rtc_transport_setup a = wire_setup(w, &w->a, ecdsa, rsa);
    const struct wire_check    check = { .use_candidate = true };
    a.remote_pwd = NULL;
    open_side(&w->a, &a);
    wire_check_from(&w->a, &w->b.addr, &check);
    assert_int_equal(w->a.n_asked, 0);
    assert_true(rtc_addr_is(rtc_transport_peer(w->a.t), &w->b.addr));
    wire_free(w);
}

static void a_check_that_is_sent_again_from_elsewhere_moves_nothing(void **state)
{
    (void)state;
    struct wire            *w = wire_connected();
    struct rtc_addr         thief = wire_addr("127.0.0.9", 1234);
    const struct wire_check check = { .use_candidate = true, .transaction = 9 };
    assert_int_equal(wire_check_from(&w->a, &w->b.addr, &check), RTC_VERIFIED);
    assert_int_equal(wire_check_from(&w->a, &w->b.addr, &check), RTC_VERIFIED); /* its answer was lost */
    assert_int_equal(wire_check_from(&w->a, &thief, &check), RTC_DROPPED);
    for (int i = 0; i < ICE_TRANSACTIONS_MAX; i++)
        wire_check_from(&w->a, &w->b.addr, &(struct wire_check){ .use_candidate = true });
    const struct wire_check forgotten = { .use_candidate = true, .transaction = 9, .is_forged = true };
    assert_int_equal(wire_check_at(&w->a, later(2), &thief, &forgotten), RTC_VERIFIED);
    assert_true(rtc_addr_is(rtc_transport_peer(w->a.t), &w->b.addr));
    wire_free(w);
}

static void silence_ends_the_consent(void **state)
{
    (void)state;
    struct wire               *w = wire_new();
    struct rtc_transport_setup a = wire_setup(w, &w->a, ecdsa, ecdsa);
    a.consent_us = 30 * (int64_t)US_PER_SECOND;
    assert_null(rtc_transport_new(&w->a.t, &a, 1000));
    assert_int_equal(rtc_transport_due_us(w->a.t), 1000 + a.consent_us);
    rtc_transport_tick(w->a.t, 999 + a.consent_us);
    assert_int_equal(rtc_transport_step(w->a.t), RTC_STEP_NEW);
    rtc_transport_tick(w->a.t, 1000 + a.consent_us);
    assert_int_equal(rtc_transport_why(w->a.t), RTC_FAILURE_CONSENT);
    assert_int_equal(rtc_transport_due_us(w->a.t), INT64_MAX);
    wire_free(w);
}

static void goodbye_is_said_and_heard(void **state)
{
    (void)state;
    struct wire *w = wire_connected();
    uint8_t      bytes[256];
    size_t       len = write_rtp(bytes, 1, 7);
    rtc_transport_close(w->a.t);
    wire_drain(w);
    assert_int_equal(rtc_transport_step(w->b.t), RTC_STEP_CLOSED);
    assert_false(rtc_transport_seal_rtp(w->a.t, bytes, &len, sizeof bytes));
    assert_false(rtc_transport_seal_rtp(w->b.t, bytes, &len, sizeof bytes));
    wire_free(w);
}

static void an_ice_restart_keeps_the_keys(void **state)
{
    (void)state;
    struct wire            *w = wire_connected();
    struct rtc_addr         moved = wire_addr("127.0.0.9", 1234);
    const struct wire_check old = { .use_candidate = true };
    const struct wire_check new = { .use_candidate = true,
                                    .username_to = "ufragC",
                                    .username_from = "ufragD",
                                    .password = "passwordOfSideC1234567890",
                                    .own_password = "passwordOfSideD1234567890" };
    assert_null(rtc_transport_restart_ice(w->a.t, new.username_to, new.password, new.username_from, new.own_password));
    media_passes(&w->b, 1);
    assert_int_equal(wire_check_from(&w->a, &moved, &old), RTC_DROPPED);
    assert_int_equal(wire_check_from(&w->a, &moved, &new), RTC_VERIFIED);
    assert_true(rtc_addr_is(rtc_transport_peer(w->a.t), &moved));
    media_passes(&w->a, 1);
    wire_free(w);
}

static void a_controlled_peer_is_told_if_roles_are_strict(void **state)
{
    (void)state;
    const struct wire_check check = { .is_controlled = true };
    const struct rtc_addr   from = wire_addr("127.0.0.2", 4000);
    for (int strict = 0; strict < 2; strict++) {
        struct wire               *w = wire_new();
        struct rtc_transport_setup a = wire_setup(w, &w->a, ecdsa, ecdsa);
        a.strict_roles = strict;
        open_side(&w->a, &a);
        assert_int_equal(wire_check_from(&w->a, &from, &check), strict ? RTC_TAKEN : RTC_VERIFIED);
        assert_int_equal(w->a.n_stun_sent, 1);
        assert_int_equal(rtc_transport_step(w->a.t), strict ? RTC_STEP_NEW : RTC_STEP_NOMINATED);
        wire_free(w);
    }
}

static void plain_media_passes_if_encryption_is_off(void **state)
{
    (void)state;
    for (int no_dtls = 0; no_dtls < 2; no_dtls++) {
        struct wire               *w = wire_new();
        struct rtc_transport_setup a = wire_setup(w, &w->a, ecdsa, rsa), b = wire_setup(w, &w->b, rsa, ecdsa);
        uint8_t                    bytes[64], plain[64];
        size_t                     len = write_rtp(bytes, 1, 7);
        a.no_dtls = b.no_dtls = no_dtls;
        a.no_srtp = b.no_srtp = true;
        open_side(&w->a, &a);
        open_side(&w->b, &b);
        wire_check_both(w);
        wire_run(w);
        assert_true(rtc_transport_seal_rtp(w->a.t, bytes, &len, sizeof bytes));
        assert_memory_equal(bytes, plain, write_rtp(plain, 1, 7));
        assert_int_equal(take(&w->b, &w->a.addr, bytes, len), RTC_TAKEN);
        assert_int_equal(w->b.n_rtp, 1);
        wire_free(w);
    }
}

static void memory_may_run_out_anywhere(void **state)
{
    (void)state;
    for (int64_t n = 0;; n++) {
        struct wire               *w = wire_new();
        struct rtc_transport_setup a = wire_setup(w, &w->a, ecdsa, rsa), b = wire_setup(w, &w->b, rsa, ecdsa);
        mem_fail_after(n);
        struct err *e = rtc_transport_new(&w->a.t, &a, now_us());
        if (!e)
            e = rtc_transport_new(&w->b.t, &b, now_us());
        if (!e) {
            wire_check_both(w);
            wire_drain(w);
        }
        bool failed = mem_failed();
        mem_fail_after(-1);
        assert_int_equal(failed, e || !wire_is_settled(w) || rtc_transport_why(w->a.t) || rtc_transport_why(w->b.t));
        err_free(e);
        wire_free(w);
        if (!failed)
            break;
    }
}

/* A client of our own, beside a server that is ICE-lite. The first candidate is nobody's. */
static struct wire *wire_with_client(bool is_active)
{
    struct wire               *w = wire_new();
    struct rtc_transport_setup a = wire_setup(w, &w->a, ecdsa, rsa), b = wire_setup(w, &w->b, rsa, ecdsa);
    struct rtc_addr            nobody = wire_addr("192.0.2.77", 9);
    w->carries_checks = true;
    b.calls = true;
    b.is_active = is_active;
    a.is_active = !is_active;
    open_side(&w->a, &a);
    open_side(&w->b, &b);
    assert_true(rtc_transport_call(w->b.t, &nobody));
    assert_true(rtc_transport_call(w->b.t, &w->a.addr));
    assert_false(rtc_transport_call(w->b.t, &w->a.addr));
    return w;
}

static void a_client_checks_candidates_and_nominates_one(void **state)
{
    (void)state;
    for (int is_active = 0; is_active < 2; is_active++) {
        struct wire *w = wire_with_client(is_active);
        int64_t      now = now_us();
        assert_true(rtc_transport_due_us(w->b.t) <= now);
        rtc_transport_tick(w->b.t, now);
        assert_int_equal(w->b.n_asked, 2);
        assert_true(rtc_transport_due_us(w->b.t) > now);
        wire_run(w);
        assert_int_equal(rtc_transport_step(w->a.t), RTC_STEP_CONNECTED);
        assert_int_equal(rtc_transport_step(w->b.t), RTC_STEP_CONNECTED);
        assert_in_range(w->b.n_asked, 3, 5); /* one nominates; the server's own checks trigger others */
        assert_true(rtc_addr_is(rtc_transport_peer(w->b.t), &w->a.addr));
        media_passes(&w->b, 1);
        media_passes(&w->a, 1);
        wire_free(w);
    }
}

static void a_client_asks_again_until_it_is_answered_then_for_consent(void **state)
{
    (void)state;
    struct wire *w = wire_with_client(true);
    int64_t      now = now_us(), due;
    w->carries_checks = false;
    rtc_transport_tick(w->b.t, now);
    rtc_transport_tick(w->b.t, now + 1); /* nothing is due */
    assert_int_equal(w->b.n_asked, 2);
    w->carries_checks = true;
    rtc_transport_tick(w->b.t, rtc_transport_due_us(w->b.t));
    assert_int_equal(w->b.n_asked, 4);
    wire_run(w);
    assert_int_equal(rtc_transport_step(w->b.t), RTC_STEP_CONNECTED);
    rtc_transport_tick(w->b.t, rtc_transport_due_us(w->b.t)); /* the timer of the checks that were sent again */
    unsigned n = w->b.n_asked;
    wire_run(w);
    due = rtc_transport_due_us(w->b.t);
    assert_true(due >= now + 4000000 && due <= now + 8000000);
    rtc_transport_tick(w->b.t, due);
    assert_int_equal(w->b.n_asked, n + 1);
    assert_true(rtc_addr_is(&w->b.sent_to, &w->a.addr));
    wire_free(w);
}

static void credentials_have_bounds(void **state)
{
    (void)state;
    struct wire               *w = wire_new();
    struct rtc_transport_setup good = wire_setup(w, &w->a, ecdsa, ecdsa), bad[] = { good, good, good, good, good };
    bad[0].local_ufrag = "abc";
    bad[1].local_pwd = "passwordOf21letters00";
    bad[2].remote_ufrag = "a:b:c";
    bad[3].remote_ufrag = "abc";
    bad[4].remote_pwd = "";
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct err *e = rtc_transport_new(&w->a.t, &bad[i], 0);
        assert_int_equal(err_code(e), E_RTC_INVALID_ICE);
        assert_null(w->a.t);
        err_free(e);
    }
    wire_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_roles_connect_and_media_passes_both_ways),
        cmocka_unit_test(dtls_1_0_is_spoken_if_it_is_asked_for),
        cmocka_unit_test(dtls_before_a_check_makes_nothing),
        cmocka_unit_test(wrong_checks_get_no_answer),
        cmocka_unit_test(dtls_from_an_address_without_check_is_dropped),
        cmocka_unit_test(media_before_the_end_of_the_handshake_is_dropped),
        cmocka_unit_test(every_handshake_datagram_may_be_lost),
        cmocka_unit_test(a_step_that_is_lent_holds_up_no_check_and_bounds_what_waits),
        cmocka_unit_test(a_goodbye_that_comes_while_the_last_step_is_computed_is_heard),
        cmocka_unit_test(a_transport_may_end_while_a_step_is_lent),
        cmocka_unit_test(records_that_come_early_are_bounded),
        cmocka_unit_test(another_certificate_is_refused),
        cmocka_unit_test(replays_and_changed_packets_are_dropped),
        cmocka_unit_test(sequence_numbers_wrap_often),
        cmocka_unit_test(a_nomination_moves_the_peer_within_one_round_trip),
        cmocka_unit_test(media_from_another_address_move_the_peer_once_it_has_answered),
        cmocka_unit_test(media_of_strangers_and_replays_move_nothing),
        cmocka_unit_test(a_forged_nomination_moves_nothing),
        cmocka_unit_test(nothing_but_checks_goes_to_an_address_that_is_not_proven),
        cmocka_unit_test(a_flood_with_forged_addresses_is_not_amplified),
        cmocka_unit_test(within_a_second_the_highest_priority_is_chosen),
        cmocka_unit_test(a_peer_without_a_known_password_is_believed),
        cmocka_unit_test(a_check_that_is_sent_again_from_elsewhere_moves_nothing),
        cmocka_unit_test(silence_ends_the_consent),
        cmocka_unit_test(goodbye_is_said_and_heard),
        cmocka_unit_test(an_ice_restart_keeps_the_keys),
        cmocka_unit_test(a_controlled_peer_is_told_if_roles_are_strict),
        cmocka_unit_test(plain_media_passes_if_encryption_is_off),
        cmocka_unit_test(memory_may_run_out_anywhere),
        cmocka_unit_test(a_client_checks_candidates_and_nominates_one),
        cmocka_unit_test(a_client_asks_again_until_it_is_answered_then_for_consent),
        cmocka_unit_test(credentials_have_bounds),
    };
    return cmocka_run_group_tests(tests, begin, finish);
}
