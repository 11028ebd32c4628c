/* The input is a script of what peers and strangers send to two transports that talk to each other: checks, datagrams that are lost,
 * changed, cut or sent twice, and bytes of any kind. Nothing but checks and their answers goes to an address that has not
 * answered. */
#include "../unit/protocol/rtc/wire.h"

#include "core/rd.h"
#include "fuzzing.h"

enum { STEPS_MAX = 200, N_ADDRS = 12 };

static struct dtls_identity *identity;

static void open_side(struct wire *w, struct wire_side *s, unsigned flags)
{
    struct rtc_transport_setup setup = wire_setup(w, s, identity, identity);
    setup.strict_roles = flags & 1;
    setup.no_dtls = flags & 2;
    setup.no_srtp = flags & 4;
    setup.consent_us = flags & 8 ? US_PER_SECOND : 0;
    struct err *e = rtc_transport_new(&s->t, &setup, now_us());
    check(!e);
}

static struct rtc_addr addr_of(struct wire_side *to, unsigned number)
{
    return number % N_ADDRS == 0 ? wire_other(to)->addr : wire_addr("10.0.0.1", (uint16_t)(number % N_ADDRS));
}

static void give(struct wire_side *to, const struct rtc_addr *from, const uint8_t *bytes, size_t len)
{
    uint8_t *copy = malloc(len + 1); /* so that a read or write behind the end is seen */
    memcpy(copy, bytes, len);
    rtc_transport_take(to->t, now_us(), from, copy, len);
    wire_shake(to, now_us());
    free(copy);
}

static void check_from(struct wire_side *to, struct rd *script)
{
    unsigned                flags = rd_u8(script);
    const struct rtc_addr   from = addr_of(to, rd_u8(script));
    const struct wire_check c = {
        .use_candidate = flags & 1,
        .is_controlled = flags & 2,
        .password = flags & 4 ? "passwordOfNobody12345678" : NULL,
        .transaction = flags & 8 ? 1 : 0,
        .is_forged = flags & 16,
        .priority = flags >> 5,
    };
    const struct rtc_addr before = *rtc_transport_peer(to->t);
    enum rtc_took         took = wire_check_from(to, &from, &c);
    check(took != RTC_VERIFIED || (rtc_addr_is(&to->sent_to, &from) || rtc_transport_peer(to->t)->len));
    check(!c.password || took == RTC_DROPPED);
    check(!c.is_forged || rtc_addr_is(&before, rtc_transport_peer(to->t)));
}

/* Change the next datagram on the wire, and deliver it. */
static void change_next(struct wire_side *to, struct rd *script)
{
    if (to->head == to->tail)
        return;
    struct wire_datagram *d = &to->queue[to->head++ % WIRE_QUEUE];
    size_t                at = rd_u16(script);
    unsigned              how = rd_u8(script);
    if (d->len && how & 1)
        d->bytes[at % d->len] ^= (uint8_t)(how | 2);
    if (d->len && how & 4)
        d->len = at % d->len;
    give(to, &wire_other(to)->addr, d->bytes, d->len);
    if (how & 8)
        give(to, &wire_other(to)->addr, d->bytes, d->len);
}

static void media(struct wire_side *from, struct rd *script)
{
    uint8_t   bytes[512] = { 0x80, 96 };
    struct wr w = wr_over(bytes, sizeof bytes - RTC_SEAL_MAX);
    uint8_t   kind = rd_u8(script);
    wr_u16(&w, kind & 1 ? 0x80C9 : 0x8060);
    wr_u16(&w, rd_u16(script));
    wr_u32(&w, 0);
    wr_u32(&w, rd_u8(script) % 40);
    size_t n = rd_u8(script), len = 0;
    if (n <= rd_left(script))
        wr_bytes(&w, rd_bytes(script, n), n);
    len = wr_len(&w);
    if ((kind & 1 ? rtc_transport_seal_rtcp : rtc_transport_seal_rtp)(from->t, bytes, &len, sizeof bytes)) {
        check(len <= wr_len(&w) + RTC_SEAL_MAX);
        wire_put(wire_other(from), bytes, len);
    }
}

/* A step of the handshake that takes long. */
static void keep_step(struct wire_side *s)
{
    s->keeps_steps = true;
    if (!s->kept)
        s->kept = rtc_transport_lend_handshake(s->t);
}

static void give_step_back(struct wire_side *s)
{
    if (s->kept) {
        rtc_handshake_compute(s->kept);
        rtc_transport_take_handshake(s->t, s->kept, now_us());
        s->kept = NULL;
    }
    s->keeps_steps = false;
    wire_shake(s, now_us());
}

static void step(struct wire *w, struct rd *script)
{
    unsigned          what = rd_u8(script);
    struct wire_side *s = what & 0x80 ? &w->a : &w->b;
    switch (what & 0xF) {
    case 0: wire_check_both(w); break;
    case 1: wire_drain(w); break;
    case 2: check_from(s, script); break;
    case 3: s->head += s->head != s->tail; break;
    case 4: change_next(s, script); break;
    case 5: media(s, script); break;
    case 6: rtc_transport_tick(s->t, now_us() + (int64_t)rd_u16(script) * US_PER_MS); break;
    case 7: rtc_transport_close(s->t); break;
    case 9: keep_step(s); break;
    case 10: give_step_back(s); break;
    case 8: {
        const struct rtc_addr from = addr_of(s, rd_u8(script));
        size_t                n = rd_u16(script) % WIRE_DATAGRAM;
        n = n < rd_left(script) ? n : rd_left(script);
        const uint8_t *bytes = rd_bytes(script, n);
        if (bytes)
            give(s, &from, bytes, n);
        break;
    }
    default: wire_deliver(s); break;
    }
    check(rtc_transport_step(s->t) != RTC_STEP_NEW || (s->n_sent == 0 && rtc_transport_peer(s->t)->len == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rd    script = rd_over(data, size);
    struct wire *w = calloc(1, sizeof *w);
    w->drop = -1;
    if (!identity) {
        struct err *e = dtls_identity_new(&identity, false);
        check(!e);
    }
    open_side(w, &w->a, rd_u8(&script));
    open_side(w, &w->b, rd_u8(&script));
    for (int i = 0; i < STEPS_MAX && rd_left(&script); i++)
        step(w, &script);
    rtc_transport_free(&w->a.t);
    rtc_transport_free(&w->b.t);
    rtc_handshake_free(&w->a.kept);
    rtc_handshake_free(&w->b.kept);
    free(w);
    return 0;
}
