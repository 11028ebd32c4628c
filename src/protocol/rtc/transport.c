#include "protocol/rtc/transport.h"

#include <openssl/crypto.h>
#include <string.h>

#include "core/ident.h"
#include "core/mem.h"
#include "protocol/rtc/ice.h"
#include "protocol/rtc/rtp.h"

/* As a client: how often an address is checked that has not answered (RFC 8445 14.3: not below 500 ms for one check, and there are few). */
enum { CHECK_EVERY_US = 500000 };

/* RFC 7675 5.1: consent is asked for every 5 s, times 0.8 to 1.2. */
enum { CONSENT_LEAST_US = 4000000, CONSENT_SPREAD_US = 2000000 };

struct rtc_transport {
    struct rtc_events       events;
    struct ice_agent        ice;
    struct dtls_identity   *identity;
    struct dtls_fingerprint fingerprint;
    struct dtls            *dtls; /* NULL: the handshake has not begun, or a step is lent */
    struct rtc_handshake   *next; /* what has come for the next step; NULL: nothing */
    struct rtc_srtp        *srtp; /* NULL: not connected, or plain */
    int64_t                 heard_us, consent_us, dtls_due_us;
    int64_t                 check_due_us; /* as a client: the next checks; INT64_MAX: we are none */
    enum rtc_dtls_version   version;
    bool                    is_active, no_dtls, no_srtp;
    bool                    is_lent; /* A step of the handshake is. */
    enum rtc_step           step;
    enum rtc_failure        why;
    struct rtc_drops        drops;
};

/* RFC 7983 7: which protocol a datagram is of, by its first byte. */
enum kind { KIND_STUN, KIND_DTLS, KIND_MEDIA, KIND_OTHER };

static enum kind kind_of(const uint8_t *bytes, size_t len)
{
    uint8_t first = len ? bytes[0] : 255;
    return first <= 3                     ? KIND_STUN
           : first >= 20 && first <= 63   ? KIND_DTLS
           : first >= 128 && first <= 191 ? KIND_MEDIA
                                          : KIND_OTHER;
}

static bool is_over(const struct rtc_transport *t)
{
    return t->step >= RTC_STEP_CLOSED;
}

static void reach(struct rtc_transport *t, enum rtc_step step)
{
    if (step <= t->step)
        return;
    t->step = step;
    t->events.step(t->events.arg, step);
}

static void fail(struct rtc_transport *t, enum rtc_failure why)
{
    if (is_over(t))
        return;
    t->why = why;
    reach(t, RTC_STEP_FAILED);
}

struct err *rtc_transport_new(struct rtc_transport **out, const struct rtc_transport_setup *setup, int64_t now_us)
{
    const struct ice_credentials credentials = { setup->local_ufrag, setup->local_pwd, setup->remote_ufrag,
                                                 setup->remote_pwd };
    struct rtc_transport        *t = mem_calloc(1, sizeof *t);
    struct err                  *e;
    *out = NULL;
    if (!t)
        return err_no_memory();
    if ((e = ice_begin(&t->ice, &credentials))) {
        mem_free(t);
        return e;
    }
    t->ice.strict_roles = setup->strict_roles;
    memcpy(t->ice.mark, setup->mark, ICE_MARK_LEN);
    t->events = setup->events;
    t->identity = dtls_identity_ref(setup->identity);
    t->fingerprint = setup->fingerprint;
    t->heard_us = now_us;
    t->consent_us = setup->consent_us;
    t->dtls_due_us = INT64_MAX;
    t->check_due_us = setup->calls ? now_us : INT64_MAX;
    t->ice.calls = setup->calls;
    random_bytes(&t->ice.tie_breaker, sizeof t->ice.tie_breaker);
    t->version = setup->version;
    t->is_active = setup->is_active;
    t->no_dtls = setup->no_dtls;
    t->no_srtp = setup->no_srtp;
    *out = t;
    return NULL;
}

void rtc_transport_free(struct rtc_transport **tp)
{
    struct rtc_transport *t = *tp;
    *tp = NULL;
    if (!t)
        return;
    dtls_free(&t->dtls);
    rtc_handshake_free(&t->next);
    rtc_srtp_free(t->srtp);
    dtls_identity_unref(&t->identity);
    ice_finish(&t->ice);
    mem_free(t);
}

/* ---- DTLS ---- */

static void send_dtls(struct rtc_transport *t)
{
    const uint8_t *bytes;
    size_t         len;
    while (dtls_next_out(t->dtls, &bytes, &len))
        t->events.send(t->events.arg, &t->ice.peer, bytes, len);
}

/* The handshake has ended: make the keys of SRTP. */
static void make_keys(struct rtc_transport *t)
{
    uint8_t     secret[RTC_SRTP_SECRET_MAX];
    struct err *e = NULL;
    if (!t->no_srtp) {
        bool has_secret = dtls_secret(t->dtls, secret);
        if (has_secret)
            e = rtc_srtp_new(&t->srtp, dtls_profile(t->dtls), secret, t->is_active);
        OPENSSL_cleanse(secret, sizeof secret);
        if (!has_secret) {
            fail(t, RTC_FAILURE_MEMORY);
            return;
        }
    }
    dtls_settle(t->dtls);
    if (e)
        fail(t, RTC_FAILURE_MEMORY);
    else
        reach(t, RTC_STEP_CONNECTED);
    err_free(e);
}

static enum rtc_failure failure_of(enum dtls_failure why)
{
    return why == DTLS_FAILURE_FINGERPRINT ? RTC_FAILURE_FINGERPRINT
           : why == DTLS_FAILURE_PROFILE   ? RTC_FAILURE_PROFILE
                                           : RTC_FAILURE_HANDSHAKE;
}

/* Follow the state of DTLS after something was done to it. */
static void follow_dtls(struct rtc_transport *t, int64_t now_us)
{
    send_dtls(t);
    switch (dtls_state(t->dtls)) {
    case DTLS_HANDSHAKE: break;
    case DTLS_CONNECTED:
        if (t->step < RTC_STEP_CONNECTED)
            make_keys(t);
        break;
    case DTLS_CLOSED: reach(t, RTC_STEP_CLOSED); break;
    case DTLS_FAILED: fail(t, failure_of(dtls_why(t->dtls))); break;
    }
    t->dtls_due_us = dtls_due_us(t->dtls, now_us);
}

static bool make_dtls(struct rtc_transport *t)
{
    const struct dtls_setup setup = {
        .identity = t->identity,
        .fingerprint = t->fingerprint,
        .version = t->version,
        .is_client = t->is_active,
        .no_srtp = t->no_srtp,
    };
    struct err *e = dtls_new(&t->dtls, &setup);
    if (e)
        fail(t, RTC_FAILURE_MEMORY);
    err_free(e);
    return t->dtls;
}

/* The step that is wanted, made when it is wanted first; NULL: memory is out. */
static struct rtc_handshake *next_step(struct rtc_transport *t)
{
    if (!t->next)
        t->next = mem_calloc(1, sizeof *t->next);
    return t->next;
}

static enum rtc_took take_dtls(struct rtc_transport *t, int64_t now_us, const uint8_t *bytes, size_t len)
{
    if (t->no_dtls || (!t->dtls && !t->is_lent && !make_dtls(t))) {
        t->drops.other++;
        return RTC_DROPPED;
    }
    reach(t, RTC_STEP_HANDSHAKE);
    if (t->step == RTC_STEP_CONNECTED) { /* No keys are made any more. */
        dtls_take(t->dtls, bytes, len);
        follow_dtls(t, now_us);
        return RTC_TAKEN;
    }
    if (next_step(t) && rtc_handshake_put(t->next, bytes, len))
        return RTC_TAKEN;
    t->drops.busy++;
    return RTC_DROPPED;
}

bool rtc_transport_wants_handshake(const struct rtc_transport *t)
{
    return t->next && !t->is_lent && !is_over(t);
}

struct rtc_handshake *rtc_transport_lend_handshake(struct rtc_transport *t)
{
    struct rtc_handshake *h = t->next;
    if (!rtc_transport_wants_handshake(t))
        return NULL;
    h->dtls = t->dtls;
    t->dtls = NULL;
    t->next = NULL;
    t->is_lent = true;
    t->dtls_due_us = INT64_MAX;
    return h;
}

/* What came while the last step was computed: repetitions, or a goodbye. */
static void take_late(struct rtc_transport *t, int64_t now_us)
{
    struct rtc_handshake *late = t->next;
    t->next = NULL;
    for (size_t i = 0, at = 0; late && i < late->n; at += late->len[i], i++)
        dtls_take(t->dtls, late->bytes + at, late->len[i]);
    rtc_handshake_free(&late);
    follow_dtls(t, now_us);
}

void rtc_transport_take_handshake(struct rtc_transport *t, struct rtc_handshake *h, int64_t now_us)
{
    t->is_lent = false;
    if (!is_over(t)) {
        t->dtls = h->dtls;
        h->dtls = NULL;
        follow_dtls(t, now_us);
        if (t->step == RTC_STEP_CONNECTED)
            take_late(t, now_us);
    }
    rtc_handshake_free(&h);
}

/* ---- checks ---- */

/* The peer is reachable, and may have chosen a pair: go on as far as that allows. */
static void go_on(struct rtc_transport *t)
{
    reach(t, RTC_STEP_CHECKED);
    if (!t->ice.peer.len)
        return;
    if (t->no_dtls) {
        reach(t, RTC_STEP_CONNECTED);
        return;
    }
    if (!t->ice.is_nominated)
        return;
    reach(t, RTC_STEP_NOMINATED);
    if (!t->is_active || t->dtls || t->is_lent || !make_dtls(t))
        return;
    if (next_step(t))
        t->next->starts = true;
    else
        fail(t, RTC_FAILURE_MEMORY);
}

/* Consent is what comes from where we send to (RFC 7675 5.1). */
static void note_heard(struct rtc_transport *t, int64_t now_us, const struct rtc_addr *from)
{
    if (rtc_addr_is(from, &t->ice.peer))
        t->heard_us = now_us;
}

/* Ask an address whether it is reached, if it has to be; not with more than `max` bytes. */
static void ask(struct rtc_transport *t, const struct rtc_addr *to, size_t max)
{
    uint8_t   bytes[ICE_ASK_MAX];
    struct wr w = wr_over(bytes, sizeof bytes);
    if (ice_ask(&t->ice, to, &w) && wr_len(&w) <= max)
        t->events.send(t->events.arg, to, bytes, wr_len(&w));
}

/* Send the checks of a client that are due: to all candidates, then to the one that was chosen. */
static void check(struct rtc_transport *t, int64_t now_us)
{
    uint32_t spread;
    random_bytes(&spread, sizeof spread);
    if (t->ice.is_nominated)
        ice_renew(&t->ice);
    if (t->ice.peer.len)
        ask(t, &t->ice.peer, ICE_ASK_MAX);
    for (unsigned i = 0; i < t->ice.n_addrs && !t->ice.peer.len; i++)
        ask(t, &t->ice.addrs[i].addr, ICE_ASK_MAX);
    t->check_due_us = now_us + (t->ice.is_nominated ? CONSENT_LEAST_US + spread % CONSENT_SPREAD_US : CHECK_EVERY_US);
}

bool rtc_transport_call(struct rtc_transport *t, const struct rtc_addr *candidate)
{
    return ice_call(&t->ice, candidate);
}

static enum rtc_took take_stun(struct rtc_transport *t, int64_t now_us, const struct rtc_addr *from,
                               const uint8_t *bytes, size_t len)
{
    uint8_t       answer[ICE_ANSWER_MAX];
    struct wr     w = wr_over(answer, sizeof answer);
    enum ice_took took = ice_take(&t->ice, now_us, from, bytes, len, &w);
    if (took == ICE_IGNORED) {
        t->drops.bad_check++;
        return RTC_DROPPED;
    }
    if (took == ICE_CHECKED) /* before the answer: with it, a client may begin with DTLS and read no more checks */
        ask(t, from, ICE_ASK_MAX);
    if (took != ICE_PROVEN)
        t->events.send(t->events.arg, from, answer, wr_len(&w));
    if (took == ICE_REFUSED)
        return RTC_TAKEN;
    if (took == ICE_PROVEN) /* as a client: the check that nominates */
        ask(t, from, ICE_ASK_MAX);
    note_heard(t, now_us, from);
    go_on(t);
    return took == ICE_PROVEN ? RTC_PROVEN : RTC_VERIFIED;
}

/* ---- media ---- */

static bool open_media(struct rtc_transport *t, uint8_t *bytes, size_t *len)
{
    return (rtp_is_rtcp(bytes, *len) ? rtc_srtp_open_rtcp : rtc_srtp_open_rtp)(t->srtp, bytes, len);
}

static void hand_on(struct rtc_transport *t, int64_t now_us, uint8_t *bytes, size_t len)
{
    (rtp_is_rtcp(bytes, len) ? t->events.rtcp : t->events.rtp)(t->events.arg, now_us, bytes, len);
}

static enum rtc_took take_media(struct rtc_transport *t, int64_t now_us, const struct rtc_addr *from, uint8_t *bytes,
                                size_t len)
{
    if (t->step < RTC_STEP_CONNECTED) {
        t->drops.early++;
        return RTC_DROPPED;
    }
    if (!t->srtp && !rtc_addr_is(from, &t->ice.peer)) { /* Nothing else tells whose it is. */
        t->drops.not_verified++;
        return RTC_DROPPED;
    }
    if (t->srtp && !open_media(t, bytes, &len)) {
        t->drops.bad_srtp++;
        if (rtc_srtp_has_too_many(t->srtp))
            fail(t, RTC_FAILURE_SSRCS);
        return RTC_DROPPED;
    }
    note_heard(t, now_us, from);
    hand_on(t, now_us, bytes, len);
    return RTC_TAKEN;
}

bool rtc_transport_take_moved(struct rtc_transport *t, int64_t now_us, const struct rtc_addr *from, uint8_t *bytes,
                              size_t len)
{
    size_t opened = len;
    if (t->step != RTC_STEP_CONNECTED || !t->srtp || kind_of(bytes, len) != KIND_MEDIA ||
        !open_media(t, bytes, &opened))
        return false;
    ice_note_moved(&t->ice, now_us, from);
    ask(t, from, 3 * len);
    hand_on(t, now_us, bytes, opened);
    return true;
}

static bool seal(struct rtc_transport *t, uint8_t *bytes, size_t *len, size_t cap,
                 bool (*seal_packet)(struct rtc_srtp *, uint8_t *, size_t *, size_t))
{
    if (t->step != RTC_STEP_CONNECTED)
        return false;
    return !t->srtp || seal_packet(t->srtp, bytes, len, cap);
}

bool rtc_transport_seal_rtp(struct rtc_transport *t, uint8_t *bytes, size_t *len, size_t cap)
{
    return seal(t, bytes, len, cap, rtc_srtp_seal_rtp);
}

bool rtc_transport_seal_rtcp(struct rtc_transport *t, uint8_t *bytes, size_t *len, size_t cap)
{
    return seal(t, bytes, len, cap, rtc_srtp_seal_rtcp);
}

/* ---- the whole ---- */

enum rtc_took rtc_transport_take(struct rtc_transport *t, int64_t now_us, const struct rtc_addr *from, uint8_t *bytes,
                                 size_t len)
{
    enum kind kind = kind_of(bytes, len);
    if (is_over(t) || kind == KIND_OTHER) {
        t->drops.other++;
        return RTC_DROPPED;
    }
    if (kind == KIND_STUN)
        return take_stun(t, now_us, from, bytes, len);
    if (!ice_knows(&t->ice, from)) {
        t->drops.not_verified++;
        return RTC_DROPPED;
    }
    if (!t->ice.peer.len) { /* Its answer was lost: it is asked again by what it sends again. */
        t->drops.early++;
        ask(t, from, len);
        return RTC_DROPPED;
    }
    return kind == KIND_DTLS ? take_dtls(t, now_us, bytes, len) : take_media(t, now_us, from, bytes, len);
}

static int64_t consent_ends_us(const struct rtc_transport *t)
{
    return t->consent_us ? t->heard_us + t->consent_us : INT64_MAX;
}

int64_t rtc_transport_due_us(const struct rtc_transport *t)
{
    int64_t consent = consent_ends_us(t);
    int64_t due = t->check_due_us < t->dtls_due_us ? t->check_due_us : t->dtls_due_us;
    return is_over(t) ? INT64_MAX : consent < due ? consent : due;
}

void rtc_transport_tick(struct rtc_transport *t, int64_t now_us)
{
    if (is_over(t))
        return;
    if (now_us >= consent_ends_us(t)) {
        fail(t, RTC_FAILURE_CONSENT);
        return;
    }
    if (now_us >= t->check_due_us)
        check(t, now_us);
    if (now_us >= t->dtls_due_us) { /* No key is computed for what is sent again. */
        dtls_tick(t->dtls);
        follow_dtls(t, now_us);
    }
}

void rtc_transport_close(struct rtc_transport *t)
{
    if (t->dtls && !is_over(t)) {
        dtls_close(t->dtls);
        send_dtls(t);
    }
    reach(t, RTC_STEP_CLOSED);
}

struct err *rtc_transport_restart_ice(struct rtc_transport *t, const char *local_ufrag, const char *local_pwd,
                                      const char *remote_ufrag, const char *remote_pwd)
{
    const struct ice_credentials credentials = { local_ufrag, local_pwd, remote_ufrag, remote_pwd };
    return ice_begin(&t->ice, &credentials);
}

const struct rtc_addr *rtc_transport_peer(const struct rtc_transport *t)
{
    return &t->ice.peer;
}

enum rtc_step rtc_transport_step(const struct rtc_transport *t)
{
    return t->step;
}

enum rtc_failure rtc_transport_why(const struct rtc_transport *t)
{
    return t->why;
}

int64_t rtc_transport_heard_us(const struct rtc_transport *t)
{
    return t->heard_us;
}

const struct rtc_drops *rtc_transport_drops(const struct rtc_transport *t)
{
    return &t->drops;
}

const char *rtc_transport_describe(const struct rtc_transport *t, char *text, size_t cap)
{
    if (t->dtls && dtls_was_connected(t->dtls))
        return dtls_describe(t->dtls, text, cap);
    if (cap)
        *text = '\0';
    return text;
}

const char *rtc_step_name(enum rtc_step step)
{
    static const char *const names[] = {
        [RTC_STEP_NEW] = "new",
        [RTC_STEP_CHECKED] = "checked",
        [RTC_STEP_NOMINATED] = "nominated",
        [RTC_STEP_HANDSHAKE] = "handshake",
        [RTC_STEP_CONNECTED] = "connected",
        [RTC_STEP_CLOSED] = "closed",
        [RTC_STEP_FAILED] = "failed",
    };
    return names[step];
}

const char *rtc_failure_text(enum rtc_failure failure)
{
    static const char *const texts[] = {
        [RTC_FAILURE_NONE] = "nothing has failed",
        [RTC_FAILURE_HANDSHAKE] = "the DTLS handshake failed",
        [RTC_FAILURE_FINGERPRINT] = "the peer's certificate is not the one of its SDP",
        [RTC_FAILURE_PROFILE] = "no SRTP profile in common",
        [RTC_FAILURE_CONSENT] = "the peer has been silent for too long",
        [RTC_FAILURE_MEMORY] = "out of memory, or no SRTP",
        [RTC_FAILURE_SSRCS] = "the peer has sent media of too many SSRCs",
    };
    return texts[failure];
}
