#include "app/rtc/report.h"

#include "app/rtc/breaker.h"
#include "app/rtc/peer.h"
#include "app/rtc/peers.h"
#include "app/rtc/player.h"
#include "app/rtc/port.h"
#include "app/rtc/publisher.h"
#include "app/rtc/tcp_service.h"
#include "core/clock.h"
#include "protocol/io.h"

void rtc_report_put_client(struct jw *j, const struct client *c, bool shows_secrets)
{
    if (c->type != rtc_player_role.type &&
        c->type != rtc_publisher_role.type) /* A pull by WHEP is no session of this server. */
        return;
    const struct rtc_peer        *peer = CONTAINER_OF(c, struct rtc_peer, session.client);
    const struct rtc_peer_counts *n = &peer->counts;
    const struct rtc_addr        *to = rtc_transport_peer(peer->transport);
    char                          address[IO_ADDR_CAP] = "", how[128];
    if (shows_secrets && to->len)
        io_addr_text(&to->any, address);
    jw_object(j, "rtc");
    jw_string(j, "step", rtc_step_name(rtc_transport_step(peer->transport)));
    jw_string(j, "remote", address);
    jw_string(j, "transport", !to->len ? "" : to->is_tcp ? "tcp" : "udp");
    jw_string(j, "encryption", rtc_transport_describe(peer->transport, how, sizeof how));
    jw_fixed(j, "rtt_ms", (double)n->rtt_us / US_PER_MS);
    jw_fixed(j, "jitter_ms", (double)n->jitter_us / US_PER_MS);
    jw_int(j, "recv_packets", n->packets_in);
    jw_int(j, "send_packets", n->packets_out);
    jw_int(j, "lost", n->lost);
    jw_int(j, "recv_nacks", n->nacks_in);
    jw_int(j, "send_nacks", n->nacks_out);
    jw_int(j, "recv_plis", n->plis_in);
    jw_int(j, "send_plis", n->plis_out);
    jw_int(j, "resent", n->resent);
    jw_int(j, "freezes", n->freezes);
    jw_int(j, "estimate_kbps", n->estimate_bps / 1000);
    jw_object_end(j);
}

static void put_two(struct mw *m, const char *name, const char *help, int64_t in, int64_t out)
{
    mw_family(m, MW_COUNTER, name, help);
    mw_begin(m, NULL);
    mw_label(m, "direction", "in");
    mw_int(m, in);
    mw_begin(m, NULL);
    mw_label(m, "direction", "out");
    mw_int(m, out);
}

void rtc_report_put_metrics(struct mw *m)
{
    const struct rtc_port_counts *port = rtc_port_counts();
    const struct rtc_tcp_counts   tcp = rtc_tcp_counts();
    struct rtc_peer_counts        n;
    rtc_peers_sum(&n);
    mw_one(m, MW_GAUGE, "srs_rtc_sessions", "Sessions of WebRTC.", (int64_t)rtc_peers_count());
    mw_one(m, MW_GAUGE, "srs_rtc_sessions_waiting", "Those of them for which no check of ICE has come.",
           (int64_t)rtc_peers_waiting());
    mw_one(m, MW_GAUGE, "srs_rtc_tcp_connections", "TCP connections for media.", (int64_t)tcp.n);
    mw_one(m, MW_GAUGE, "srs_rtc_tcp_connections_waiting", "Those of them that belong to no session.",
           (int64_t)tcp.n_waiting);
    mw_one(m, MW_COUNTER, "srs_rtc_tcp_strangers_total", "TCP connections that have ended without a session.",
           (int64_t)tcp.n_strangers);
    put_two(m, "srs_rtc_datagrams_total", "Datagrams at the ports of WebRTC, and packets over TCP.",
            (int64_t)port->datagrams, (int64_t)port->out.datagrams);
    put_two(m, "srs_rtc_packets_total", "Packets of RTP.", n.packets_in, n.packets_out);
    put_two(m, "srs_rtc_nacks_total", "Packets that were asked for again: of this server (in), by it (out).",
            n.nacks_in, n.nacks_out);
    put_two(m, "srs_rtc_plis_total", "Key frames that were asked for: of this server (in), by it (out).", n.plis_in,
            n.plis_out);
    mw_one(m, MW_COUNTER, "srs_rtc_packets_lost_total", "Packets that never arrived, either way.", n.lost);
    mw_one(m, MW_COUNTER, "srs_rtc_strangers_total", "Datagrams that belong to no session.", (int64_t)port->strangers);
    mw_one(m, MW_COUNTER, "srs_rtc_dropped_total", "Datagrams that the socket, or a route, did not take.",
           (int64_t)(port->out.full + port->out.unreachable));
    rtc_breaker_put_metrics(m);
    mw_one(m, MW_COUNTER, "srs_rtc_send_calls_total", "System calls that sent datagrams.", (int64_t)port->out.calls);
}
