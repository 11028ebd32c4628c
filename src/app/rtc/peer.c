#include "app/rtc/peer.h"

#include <string.h>

#include "app/rtc/black_hole.h"
#include "app/rtc/port.h"
#include "app/server/server.h"
#include "app/source/source.h"
#include "protocol/co.h"

const struct conf_vhost *rtc_peer_vhost(const struct rtc_peer *peer)
{
    return peer->session.source->vhost;
}

struct err *rtc_peer_check(const struct rtc_peer *peer)
{
    if (peer->session.client.over_kbps)
        return err_new(E_THREAD_INTERRUPTED, "the client is cut");
    if (!peer->over)
        return NULL;
    if (rtc_transport_step(peer->transport) == RTC_STEP_CLOSED)
        return err_new(E_END_OF_STREAM, "the client said goodbye");
    enum rtc_failure why = rtc_transport_why(peer->transport);
    return err_new(why == RTC_FAILURE_CONSENT ? E_SOCKET_TIMEOUT : E_RTC_DTLS, "%s", rtc_failure_text(why));
}

/* ---- paths ---- */

/* An address where a connected peer was heard less long ago is its own. */
enum { BUSY_US = 2 * US_PER_SECOND };

static struct rtc_path *find_path(struct rtc_peer *peer, const struct rtc_addr *to)
{
    for (int i = 0; i < RTC_PATHS_MAX; i++)
        if (peer->paths[i].peer && rtc_addr_is(&peer->paths[i].to, to))
            return &peer->paths[i];
    return NULL;
}

/* A free path, or the one that was heard longest ago and is not the one in use. */
static struct rtc_path *room_for_path(struct rtc_peer *peer)
{
    const struct rtc_addr *in_use = rtc_transport_peer(peer->transport);
    struct rtc_path       *oldest = NULL;
    for (int i = 0; i < RTC_PATHS_MAX; i++) {
        struct rtc_path *path = &peer->paths[i];
        if (!path->peer)
            return path;
        if (!rtc_addr_is(&path->to, in_use) && (!oldest || path->heard_us < oldest->heard_us))
            oldest = path;
    }
    rtc_path_unlink(oldest);
    return oldest;
}

/*
 * Whether an address that leads to another peer may lead to this one: the client has a new session at its old socket, or its NAT gave the
 * address to another client. Checks do not tell that, for they may be forged; an answer does, unless the other one is just heard there.
 */
static bool may_take_over(const struct rtc_peer *peer, const struct rtc_path *path, int64_t now)
{
    bool is_busy = path->peer->connected && !path->peer->over && now - path->heard_us < BUSY_US;
    return !is_busy && rtc_addr_is(rtc_transport_peer(peer->transport), &path->to);
}

/* The peer is reached by way->to: a check has come from there, or an answer to one of ours. */
static void learn_path(struct rtc_peer *peer, const struct rtc_path *way, int64_t now)
{
    struct rtc_path *path = rtc_path_find(&way->to);
    if (path && path->peer != peer) {
        if (!may_take_over(peer, path, now))
            return;
        rtc_path_unlink(path);
        path = NULL;
    }
    if (!path) {
        path = room_for_path(peer);
        rtc_path_link(path, peer, &way->to);
    }
    rtc_path_lead(path, way->port, &way->local);
    path->heard_us = now;
}

void rtc_peer_unlink(struct rtc_peer *peer, const struct rtc_port *port)
{
    for (int i = 0; i < RTC_PATHS_MAX; i++)
        if (!port || peer->paths[i].port == port)
            rtc_path_unlink(&peer->paths[i]);
}

/* ---- out ---- */

static bool send_to(struct rtc_peer *peer, const struct rtc_addr *to, const uint8_t *bytes, size_t len)
{
    bool is_answer = peer->arrival && rtc_addr_is(&peer->arrival->to, to); /* from the address that was asked */
    const struct rtc_path *path = is_answer ? peer->arrival : find_path(peer, to);
    if (!path || !rtc_port_send(path->port, to, &path->local, bytes, len))
        return false;
    peer->counts.bytes_out += (int64_t)len;
    return true;
}

bool rtc_peer_send_rtp(struct rtc_peer *peer, uint8_t *bytes, size_t len)
{
    rtc_black_hole_put(peer->server->conf, bytes, len);
    if (!rtc_transport_seal_rtp(peer->transport, bytes, &len, len + RTC_SEAL_MAX))
        return false;
    peer->counts.packets_out++;
    return send_to(peer, rtc_transport_peer(peer->transport), bytes, len);
}

bool rtc_peer_send_rtcp(struct rtc_peer *peer, uint8_t *bytes, size_t len)
{
    rtc_black_hole_put(peer->server->conf, bytes, len);
    return rtc_transport_seal_rtcp(peer->transport, bytes, &len, len + RTC_SEAL_MAX) &&
           send_to(peer, rtc_transport_peer(peer->transport), bytes, len);
}

bool rtc_peer_is_behind(struct rtc_peer *peer)
{
    const struct rtc_path *path = find_path(peer, rtc_transport_peer(peer->transport));
    return path && rtc_port_is_behind(path->port);
}

/* ---- in ---- */

static void on_send(void *arg, const struct rtc_addr *to, const uint8_t *bytes, size_t len)
{
    send_to(arg, to, bytes, len);
}

static void on_rtp(void *arg, int64_t now, uint8_t *bytes, size_t len)
{
    struct rtc_peer *peer = arg;
    peer->counts.packets_in++;
    rtc_black_hole_put(peer->server->conf, bytes, len);
    peer->role->take_rtp(peer, now, bytes, len);
}

static void on_rtcp(void *arg, int64_t now, uint8_t *bytes, size_t len)
{
    struct rtc_peer *peer = arg;
    rtc_black_hole_put(peer->server->conf, bytes, len);
    peer->role->take_rtcp(peer, now, bytes, len);
}

static void on_step(void *arg, enum rtc_step step)
{
    struct rtc_peer *peer = arg;
    peer->connected |= step == RTC_STEP_CONNECTED;
    peer->over |= step == RTC_STEP_CLOSED || step == RTC_STEP_FAILED;
    co_unpark(peer->co);
}

struct rtc_events rtc_peer_events(struct rtc_peer *peer)
{
    return (struct rtc_events){ .send = on_send, .rtp = on_rtp, .rtcp = on_rtcp, .step = on_step, .arg = peer };
}

bool rtc_peer_take(struct rtc_peer *peer, struct rtc_path *way, int64_t now, uint8_t *bytes, size_t len)
{
    bool was_ready = peer->connected && !peer->over;
    peer->arrival = way;
    enum rtc_took took = rtc_transport_take(peer->transport, now, &way->to, bytes, len);
    peer->arrival = NULL;
    if (took == RTC_DROPPED)
        return false;
    peer->counts.bytes_in += (int64_t)len;
    if (took == RTC_VERIFIED || took == RTC_PROVEN) {
        learn_path(peer, way, now);
        peer->verified = true;
    } else { /* What is no check comes by the pair that the client uses. */
        struct rtc_path *path = find_path(peer, &way->to);
        if (path) {
            rtc_path_lead(path, way->port, &way->local);
            path->heard_us = now;
        }
    }
    if (!was_ready || peer->over)
        co_unpark(peer->co); /* Its wait may be over, or a timer of the handshake may have changed. */
    return true;
}

bool rtc_peer_take_moved(struct rtc_peer *peer, struct rtc_path *way, int64_t now, uint8_t *bytes, size_t len)
{
    peer->arrival = way;
    bool is_taken = rtc_transport_take_moved(peer->transport, now, &way->to, bytes, len);
    peer->arrival = NULL;
    peer->counts.bytes_in += is_taken ? (int64_t)len : 0;
    return is_taken;
}

bool rtc_peer_may_have_moved(struct rtc_peer *peer, const struct rtc_addr *from, int64_t since_us)
{
    const struct rtc_addr *in_use = rtc_transport_peer(peer->transport);
    if (!peer->connected || peer->over || !rtc_addr_is_at(in_use, from))
        return false;
    const struct rtc_path *path = find_path(peer, in_use);
    return path && path->heard_us <= since_us;
}
