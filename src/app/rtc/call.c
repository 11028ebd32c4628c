#include "app/rtc/call.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "app/conf/conf.h"
#include "app/rtc/handshake_step.h"
#include "app/rtc/identity.h"
#include "app/rtc/wish.h"
#include "app/rtc/word.h"
#include "core/ident.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/rtc/dtls_identity.h"
#include "protocol/rtc/sdp.h"
#include "protocol/rtc/sdp_offer.h"

/* The longest datagram that is read; media has at most an Ethernet frame. */
enum { DATAGRAM_CAP = 2048 };

/* ---- offer and answer ---- */

static struct err *make_words(struct rtc_call *c)
{
    if (rtc_word_make(c->ufrag, RTC_LOCAL_UFRAG_LEN) && rtc_word_make(c->pwd, RTC_LOCAL_PWD_LEN) &&
        rtc_word_make(c->mark, ICE_MARK_LEN) && rtc_word_make(c->cname, RTC_CNAME_LEN))
        return NULL;
    return err_new(E_RTC_INVALID_PARAMS, "the kernel has no random numbers for a password");
}

static struct err *write_offer(struct rtc_call *c, struct buf *offer, const struct sdp_wish *wish)
{
    char              print[DTLS_FINGERPRINT_CAP];
    struct sdp_local *local = mem_calloc(1, sizeof *local);
    if (!local)
        return err_no_memory();
    random_bytes(&local->session, sizeof local->session);
    local->session >>= 1;
    local->ufrag = c->ufrag;
    local->pwd = c->pwd;
    local->cname = c->cname;
    local->fingerprint = dtls_fingerprint_text(dtls_identity_fingerprint(c->identity), print);
    sdp_offer_write(offer, wish, local);
    mem_free(local);
    return buf_error(offer);
}

/* The address of a candidate, if it can be sent to by a socket of that family. */
static bool read_candidate(struct rtc_addr *to, const struct sdp_candidate *c, int family)
{
    struct sockaddr_storage there = { .ss_family = (sa_family_t)family };
    struct sockaddr_in     *v4 = (struct sockaddr_in *)&there;
    struct sockaddr_in6    *v6 = (struct sockaddr_in6 *)&there;
    bool                    is_v4 = family == AF_INET;
    if (c->is_tcp || !c->port ||
        inet_pton(family, c->address, is_v4 ? (void *)&v4->sin_addr : (void *)&v6->sin6_addr) != 1)
        return false;
    *(is_v4 ? &v4->sin_port : &v6->sin6_port) = htons(c->port);
    *to = rtc_addr_of(&there);
    return true;
}

/* Check the candidates of one family. Returns how many there are. */
static unsigned call_candidates(struct rtc_call *c, const struct sdp *answer, int family)
{
    unsigned        n = 0;
    struct rtc_addr to;
    for (size_t i = 0; i < answer->n_candidates; i++)
        n += read_candidate(&to, &answer->candidates[i], family) && rtc_transport_call(c->transport, &to);
    return n;
}

static struct err *open_port(struct rtc_call *c, int family)
{
    struct sockaddr_storage any = { .ss_family = (sa_family_t)family };
    int                     fd;
    struct err             *e = io_bind(&fd, (struct sockaddr *)&any,
                            family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6), false);
    if (e)
        return e;
    c->is_open = true;
    if ((e = io_open(&c->io, fd)))
        return e;
    c->has_port = rtc_udp_port_open(&c->port, &c->io);
    return c->has_port ? NULL : err_no_memory();
}

/* One family is used: that by which the server was reached, if the answer has it. */
static struct err *reach(struct rtc_call *c, const struct sdp *answer)
{
    int family = c->signal.server.ss_family == AF_INET6 ? AF_INET6 : AF_INET;
    if (call_candidates(c, answer, family) > 0)
        return open_port(c, family);
    family = family == AF_INET ? AF_INET6 : AF_INET;
    if (call_candidates(c, answer, family) > 0)
        return open_port(c, family);
    return err_new(E_ST_CONNECT, "the answer of %s names no address of UDP", c->signal.url);
}

/* ---- what the transport tells ---- */

static void on_send(void *arg, const struct rtc_addr *to, const uint8_t *bytes, size_t len)
{
    static const struct rtc_local by_route;
    struct rtc_call              *c = arg;
    if (rtc_port_send(&c->port.port, to, &by_route, bytes, len))
        c->bytes_out += (int64_t)len;
}

static void on_rtp(void *arg, int64_t now, uint8_t *bytes, size_t len)
{
    struct rtc_call *c = arg;
    c->setup.rtp(c->setup.arg, now, bytes, len);
}

static void on_rtcp(void *arg, int64_t now, uint8_t *bytes, size_t len)
{
    struct rtc_call *c = arg;
    c->setup.rtcp(c->setup.arg, now, bytes, len);
}

static void on_step(void *arg, enum rtc_step step)
{
    struct rtc_call *c = arg;
    c->connected |= step == RTC_STEP_CONNECTED;
    c->over |= step == RTC_STEP_CLOSED || step == RTC_STEP_FAILED;
    co_unpark(c->owner);
}

static struct err *make_transport(struct rtc_call *c, enum rtc_dtls_version version)
{
    struct rtc_transport_setup setup = {
        .local_ufrag = c->ufrag,
        .local_pwd = c->pwd,
        .remote_ufrag = c->agreed.remote_ufrag,
        .remote_pwd = c->agreed.remote_pwd,
        .mark = c->mark,
        .identity = c->identity,
        .version = version,
        .calls = true,
        .is_active = c->agreed.dtls_active,
        .consent_us = RTC_CALL_SILENT_US,
        .events = { .send = on_send, .rtp = on_rtp, .rtcp = on_rtcp, .step = on_step, .arg = c },
    };
    const char *print = c->agreed.remote_fingerprint;
    if (!dtls_fingerprint_parse(&setup.fingerprint, print, strlen(print)))
        return err_new(E_RTC_SDP_EXCHANGE, "the fingerprint has another hash or length than it says");
    return rtc_transport_new(&c->transport, &setup, now_us());
}

static struct err *take_answer(struct rtc_call *c, const struct sdp_wish *wish, enum rtc_dtls_version version)
{
    struct sdp *answer = mem_alloc(sizeof *answer);
    if (!answer)
        return err_no_memory();
    struct err    *e = NULL;
    enum sdp_fault fault = sdp_parse(answer, c->signal.answer, c->signal.answer_len);
    if (fault)
        e = err_new(E_RTC_SDP_DECODE, "the answer of %s: %s", c->signal.url, sdp_fault_text(fault));
    else if ((fault = sdp_agree(answer, wish, &c->agreed)))
        e = err_new(E_RTC_SDP_EXCHANGE, "the answer of %s: %s", c->signal.url, sdp_fault_text(fault));
    if (!e)
        e = make_transport(c, version);
    if (!e)
        e = reach(c, answer);
    mem_free(answer);
    return e;
}

struct err *rtc_call_offer(struct rtc_call *c, const struct rtc_call_setup *setup, struct sdp_wish *wish,
                           int64_t deadline_us)
{
    struct buf            offer = buf_up_to(SDP_OFFER_BYTES_MAX);
    enum rtc_dtls_version version = (enum rtc_dtls_version)setup->rtc->dtls_version;
    *c = (struct rtc_call){ .setup = *setup, .io.fd = -1, .owner = co_self() };
    co_group_init(&c->group);
    wish->nack = setup->rtc->nack;
    wish->twcc = setup->rtc->twcc;
    wish->dtls_active = true;
    rtc_wish_name_sources(wish);
    struct err *e = make_words(c);
    if (!e)
        e = rtc_identity_get(&c->identity, setup->conf->rtc_server.ecdsa);
    if (!e)
        e = write_offer(c, &offer, wish);
    if (!e)
        e = rtc_signal_offer(&c->signal, &setup->how, offer.bytes, offer.len, deadline_us);
    if (!e)
        e = take_answer(c, wish, version);
    buf_finish(&offer);
    return e;
}

/* ---- media ---- */

static void take(struct rtc_call *c, uint8_t *bytes, size_t len, const struct sockaddr_storage *from)
{
    struct rtc_addr addr = rtc_addr_of(from);
    bool            was_ready = c->connected && !c->over;
    if (rtc_transport_take(c->transport, now_us(), &addr, bytes, len) == RTC_DROPPED)
        return;
    c->bytes_in += (int64_t)len;
    if (!was_ready || c->over)
        co_unpark(c->owner); /* Its wait may be over, or a timer of the handshake may have changed. */
}

/* Take what is there; waits when there is nothing. */
static struct err *take_next(struct rtc_call *c, uint8_t *bytes)
{
    struct sockaddr_storage from = { 0 };
    socklen_t               from_len = sizeof from;
    if (co_is_cancelled(co_self())) /* A peer that floods must not delay it. */
        return err_new(E_THREAD_INTERRUPTED, "the call is over");
    ssize_t n = recvfrom(c->io.fd, bytes, DATAGRAM_CAP, MSG_DONTWAIT | MSG_TRUNC, (struct sockaddr *)&from, &from_len);
    if (n < 0 && errno == EINTR)
        return NULL;
    if (n < 0) {
        io_drained(&c->io);
        return io_wait_readable(&c->io, DEADLINE_NEVER);
    }
    if (n > 0 && n <= DATAGRAM_CAP)
        take(c, bytes, (size_t)n, &from);
    co_give_way_by_time();
    return NULL;
}

static void read_all(void *arg)
{
    struct rtc_call *c = arg;
    uint8_t         *bytes = mem_alloc(DATAGRAM_CAP);
    struct err      *e = bytes ? NULL : err_no_memory();
    co_set_urgent(true);
    while (!e)
        e = take_next(c, bytes);
    mem_free(bytes);
    io_set_owner(&c->io, c->owner); /* The socket may wake it until it is closed, and this coroutine ends. */
    if (err_code(e) != E_THREAD_INTERRUPTED)
        c->over = true;
    err_free(e);
    co_unpark(c->owner);
}

static struct err *never_connected(const struct rtc_call *c)
{
    enum rtc_step            step = rtc_transport_step(c->transport);
    static const char *const hints[] = {
        [RTC_STEP_NEW] = "it answers no checks: are its candidates reachable, and is UDP let through?",
        [RTC_STEP_CHECKED] = "it does not answer the check that nominates",
        [RTC_STEP_NOMINATED] = "it does not begin with DTLS",
        [RTC_STEP_HANDSHAKE] = "DTLS began, but has not come to its end",
    };
    return err_new(E_RTC_STUN, "%s: not connected, last step %s: %s", c->signal.url, rtc_step_name(step),
                   step < ARRAY_LEN(hints) ? hints[step] : "");
}

struct err *rtc_call_connect(struct rtc_call *c, int64_t deadline_us)
{
    char        how[128];
    struct co  *reader;
    int64_t     began_us = now_us();
    struct err *e = co_go(&c->group, "rtc call", read_all, c, &reader);
    while (!e && !(e = rtc_call_tend(c)) && !c->connected) {
        e = rtc_handshake_step(c->transport, deadline_us);
        int64_t due_us = rtc_call_due_us(c);
        if (!e && !c->connected && !c->over && !rtc_transport_wants_handshake(c->transport))
            e = err_except(co_park(due_us < deadline_us ? due_us : deadline_us), E_SOCKET_TIMEOUT);
        if (!e && !c->connected && !c->over && now_us() >= deadline_us)
            e = never_connected(c);
    }
    if (!e)
        log_info("rtc: connected to %s after %lldms, %s", c->signal.url, (long long)((now_us() - began_us) / US_PER_MS),
                 rtc_transport_describe(c->transport, how, sizeof how));
    return e;
}

struct err *rtc_call_tend(struct rtc_call *c)
{
    int64_t now = now_us();
    if (rtc_transport_due_us(c->transport) <= now)
        rtc_transport_tick(c->transport, now);
    if (!c->over)
        return NULL;
    if (rtc_transport_step(c->transport) == RTC_STEP_CLOSED)
        return err_new(E_END_OF_STREAM, "%s said goodbye", c->signal.url);
    enum rtc_failure why = rtc_transport_why(c->transport);
    return err_new(why == RTC_FAILURE_CONSENT ? E_SOCKET_TIMEOUT : E_RTC_DTLS, "%s: %s", c->signal.url,
                   rtc_failure_text(why));
}

int64_t rtc_call_due_us(const struct rtc_call *c)
{
    return rtc_transport_due_us(c->transport);
}

bool rtc_call_send_rtp(struct rtc_call *c, uint8_t *bytes, size_t len)
{
    if (!rtc_transport_seal_rtp(c->transport, bytes, &len, len + RTC_SEAL_MAX))
        return false;
    on_send(c, rtc_transport_peer(c->transport), bytes, len);
    return true;
}

bool rtc_call_send_rtcp(struct rtc_call *c, uint8_t *bytes, size_t len)
{
    if (!rtc_transport_seal_rtcp(c->transport, bytes, &len, len + RTC_SEAL_MAX))
        return false;
    on_send(c, rtc_transport_peer(c->transport), bytes, len);
    return true;
}

/* ---- the end ---- */

void rtc_call_close(struct rtc_call *c)
{
    if (!c->owner)
        return;
    if (co_is_cancelled(co_self()))
        co_end_cancel();
    co_group_cancel_and_join(&c->group);
    if (c->transport)
        rtc_transport_close(c->transport);
    if (c->has_port) /* The goodbye goes out. */
        rtc_udp_port_close(&c->port);
    if (c->is_open)
        io_close(&c->io);
    rtc_transport_free(&c->transport);
    rtc_signal_end(&c->signal, now_us() + RTC_CALL_GOODBYE_US);
    dtls_identity_unref(&c->identity);
    *c = (struct rtc_call){ 0 };
}
