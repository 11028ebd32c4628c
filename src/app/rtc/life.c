#include "app/rtc/life.h"

#include "app/rtc/handshake_step.h"
#include "app/rtc/peer.h"
#include "app/rtc/peers.h"
#include "app/server/server.h"
#include "app/session/goodbye.h"
#include "app/source/source.h"
#include "core/log.h"
#include "core/log_limit.h"
#include "core/mem.h"
#include "protocol/co.h"

/* The wait for a connection, where stun_timeout is off. */
enum { CONNECT_US = 30 * US_PER_SECOND };

void rtc_peer_free(struct rtc_peer *peer)
{
    if (!peer)
        return;
    rtc_peer_unlink(peer, NULL);
    rtc_transport_free(&peer->transport);
    mem_free(peer->agreed);
    mem_free(peer->host);
    mem_free(peer->app);
    mem_free(peer->stream);
    mem_free(peer->param);
    mem_free(peer->tc_url);
    mem_free(peer->page_url);
    mem_free(peer);
}

static struct err *never_connected(const struct rtc_peer *peer)
{
    static const char *const hints[] = {
        [RTC_STEP_NEW] = "none of its checks came here: is the candidate reachable, and UDP let through?",
        [RTC_STEP_CHECKED] = "its checks came, but it chose no pair: do our answers reach it?",
        [RTC_STEP_NOMINATED] = "it chose a pair, but has not begun with DTLS",
        [RTC_STEP_HANDSHAKE] = "DTLS began, but has not come to its end",
    };
    enum rtc_step step = rtc_transport_step(peer->transport);
    return err_new(E_RTC_STUN, "not connected, last step %s: %s", rtc_step_name(step),
                   step < ARRAY_LEN(hints) ? hints[step] : "");
}

/* Wait for what comes, and let the timers work. */
static struct err *wait_for_news(struct rtc_peer *peer, int64_t until_us)
{
    int64_t     due_us = rtc_transport_due_us(peer->transport);
    struct err *e = co_park(due_us < until_us ? due_us : until_us);
    int64_t     now = now_us();
    if (err_code(e) == E_SOCKET_TIMEOUT) {
        err_free(e);
        e = now < until_us ? NULL : never_connected(peer);
    }
    if (!e && due_us <= now)
        rtc_transport_tick(peer->transport, now);
    return e;
}

static struct err *wait_connected(struct rtc_peer *peer)
{
    int64_t     timeout_us = rtc_peer_vhost(peer)->rtc.stun_timeout_us;
    int64_t     until_us = peer->opened_us + (timeout_us ? timeout_us : CONNECT_US);
    struct err *e = rtc_peer_check(peer);
    while (!e && !peer->connected) {
        e = rtc_handshake_step(peer->transport, until_us);
        if (!e && !peer->connected && !peer->over && !rtc_transport_wants_handshake(peer->transport))
            e = wait_for_news(peer, until_us);
        if (!e)
            e = rtc_peer_check(peer);
    }
    return e;
}

static struct err *run_session(struct rtc_peer *peer)
{
    char        how[128];
    struct err *e = wait_connected(peer);
    if (e) {
        if (err_code(e) != E_THREAD_INTERRUPTED) /* It was kicked, or has hung up. */
            session_note_refusal(&peer->session, e);
        return e;
    }
    peer->connected_us = now_us();
    log_info("rtc: %s connected after %lldms, %s", peer->role->type->name,
             (long long)((peer->connected_us - peer->opened_us) / US_PER_MS),
             rtc_transport_describe(peer->transport, how, sizeof how));
    co_trim_stack(); /* Return the stack pages that the beginning touched; the session may go on for hours. */
    return peer->role->run(peer);
}

/* The client has left by the API of its signalling, which is no kick. */
static struct err *end_reason(const struct rtc_peer *peer, struct err *e)
{
    if (peer->hung_up && err_code(e) == E_THREAD_INTERRUPTED) {
        err_free(e);
        return err_new(E_END_OF_STREAM, "the client has hung up");
    }
    return session_end_reason(&peer->session, e);
}

static void log_end(const struct rtc_peer *peer)
{
    const struct rtc_peer_counts *c = &peer->counts;
    const struct rtc_drops       *d = rtc_transport_drops(peer->transport);
    log_info("rtc: %s of %s ends, packets=%lld/%lld, lost=%lld, nacks=%lld/%lld, plis=%lld/%lld, dropped=%u",
             peer->role->type->name, peer->session.source->identity, (long long)c->packets_in,
             (long long)c->packets_out, (long long)c->lost, (long long)c->nacks_in, (long long)c->nacks_out,
             (long long)c->plis_in, (long long)c->plis_out,
             d->not_verified + d->bad_check + d->bad_srtp + d->early + d->busy + d->other);
}

static void serve(struct rtc_peer *peer)
{
    struct err *e = end_reason(peer, run_session(peer));
    peer->role->end(peer, e);
    rtc_transport_close(peer->transport);
    rtc_peers_remove(peer);
    rtc_peer_unlink(peer, NULL);
    log_end(peer);
    peer->session.client.has_failed = e && goodbye_of(err_code(e)) != GOODBYE_GONE;
    session_leave(&peer->session);
    goodbye_say(e);
}

static void run_peer(void *arg)
{
    struct rtc_peer  *peer = arg;
    struct log_limits limits = { 0 };
    co_set_trace(peer->trace);
    co_set_log_limits(&limits);
    if (peer->refused)
        session_leave(&peer->session);
    else
        serve(peer);
    log_tell_held(&limits);
    co_set_log_limits(NULL);
    rtc_peer_free(peer);
}

struct err *rtc_life_start(struct rtc_peer *peer)
{
    return co_go(&peer->server->connections, "rtc", run_peer, peer, &peer->co);
}
