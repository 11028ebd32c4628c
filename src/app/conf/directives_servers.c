/* Servers for media beside plain RTMP, with their settings per vhost: RTMPS, RTSP, WebRTC, SRT, casters. */
#include "app/conf/casters.h"
#include "app/conf/directive.h"

/* clang-format off */

/* legacy.c moves them to the root's rows of the same names, which have the fields. */
static const struct directive rtmp_rows[] = {
    { .name = "listen", .type = CONF_LIST, .unit = "[ip:]port ...", .flags = CONF_NO_ENV, .state = CONF_BUILT,
      .reload = RELOAD_APPLIED, .since = "7 (2025)", .example = "1935", .help = "The same as listen at the root." },
    { .name = "chunk_size", .type = CONF_INT, .unit = "bytes", .def = "60000", .min = 128, .max = 65536,
      .flags = CONF_NO_ENV, .state = CONF_BUILT, .since = "7 (2025)", .help = "The same as chunk_size at the root." },
};
const struct conf_block conf_rtmp_block = { CONF_ROWS(rtmp_rows) };

static const struct directive rtmps_rows[] = {
    { .name = "enabled", .type = CONF_BOOL, .def = "off", .reload = RELOAD_APPLIED, IN_CONF(rtmps.enabled),
      .since = "7 (2025)", .help = "Serve RTMP over TLS." },
    { .name = "listen", .type = CONF_LIST, .unit = "[ip:]port ...", .def = "1443", .flags = CONF_ENV_LIST,
      .reload = RELOAD_APPLIED, IN_CONF(rtmps.listen), .since = "7 (2025)", .help = "Endpoints." },
    { .name = "key", .type = CONF_STRING, .unit = "path", .def = "./conf/server.key", .reload = RELOAD_LIVE,
      IN_CONF(rtmps.key), .since = "7 (2025)", .help = "Private key, PEM." },
    { .name = "cert", .type = CONF_STRING, .unit = "path", .def = "./conf/server.crt", .reload = RELOAD_LIVE,
      IN_CONF(rtmps.cert), .since = "7 (2025)", .help = "Certificate chain, PEM." },
};
const struct conf_block conf_rtmps_block = { CONF_ROWS(rtmps_rows) };

static const struct directive rtsp_server_rows[] = {
    { .name = "enabled", .type = CONF_BOOL, .def = "off", .reload = RELOAD_RESTART, .since = "7 (2025)",
      .help = "Serve players by RTSP." },
    { .name = "listen", .type = CONF_LIST, .unit = "[ip:]port ...", .def = "554", .flags = CONF_ENV_LIST,
      .reload = RELOAD_RESTART, .since = "7 (2025)", .help = "Endpoints." },
};
const struct conf_block conf_rtsp_server_block = { CONF_ROWS(rtsp_server_rows) };

static const struct directive vhost_rtsp_rows[] = {
    { .name = "enabled", .type = CONF_BOOL, .def = "off", .since = "7 (2025)", .help = "Allow RTSP in this vhost." },
    { .name = "rtmp_to_rtsp", .type = CONF_BOOL, .def = "on", .since = "7 (2025)",
      .help = "Make published streams playable by RTSP." },
};
const struct conf_block conf_vhost_rtsp_block = { CONF_ROWS(vhost_rtsp_rows) };

static const char *const rtc_protocols[] = { "udp", "tcp", "all", NULL };
static const char *const ip_families[] = { "ipv4", "ipv6", "all", NULL };

static const struct directive rtc_tcp_rows[] = {
    { .name = "enabled", .type = CONF_BOOL, .def = "off", .reload = RELOAD_APPLIED, IN_CONF(rtc_server.tcp.enabled), .since = "5",
      .help = "Serve media over TCP as well; protocol says whether clients are told." },
    { .name = "listen", .type = CONF_LIST, .unit = "[ip:]port ...", .def = "8000", .flags = CONF_ENV_LIST,
      .reload = RELOAD_APPLIED, IN_CONF(rtc_server.tcp.listen), .since = "5", .help = "TCP endpoints for media; those of HTTP or HTTPS are shared with it." },
};
static const struct conf_block rtc_tcp_block = { CONF_ROWS(rtc_tcp_rows), .unchecked = true };

static const struct directive black_hole_rows[] = {
    { .name = "enabled", .type = CONF_BOOL, .def = "off", .reload = RELOAD_APPLIED, IN_CONF(rtc_server.black_hole), .since = "4",
      .help = "Send a copy of the decrypted packets to addr, for debugging." },
    { .name = "addr", .type = CONF_STRING, .unit = "ip:port", .reload = RELOAD_APPLIED, IN_CONF(rtc_server.black_hole_addr), .since = "4",
      .example = "127.0.0.1:10000", .help = "UDP address that gets the copy." },
};
static const struct conf_block black_hole_block = { CONF_ROWS(black_hole_rows), .unchecked = true };

static const struct directive rtc_server_rows[] = {
    { .name = "enabled", .type = CONF_BOOL, .def = "off", .reload = RELOAD_APPLIED, IN_CONF(rtc_server.enabled), .since = "4",
      .help = "Serve WebRTC." },
    { .name = "listen", .type = CONF_LIST, .unit = "[ip:]port ...", .def = "8000", .flags = CONF_ENV_LIST,
      .reload = RELOAD_APPLIED, IN_CONF(rtc_server.listen), .since = "4", .help = "UDP endpoints for media." },
    { .name = "tcp", .type = CONF_BLOCK, .state = CONF_BUILT, .children = &rtc_tcp_block, .since = "5", .help = "ICE over TCP." },
    { .name = "protocol", .type = CONF_ENUM, .words = rtc_protocols, .def = "udp", IN_CONF(rtc_server.protocol), .since = "5",
      .help = "Transports of the candidates in the answer." },
    { .name = "candidate", .type = CONF_STRING, .unit = "*|ip|host|ip:port|$VARIABLE", .def = "*", IN_CONF(rtc_server.candidate), .since = "4",
      .help = "Address at which clients reach this server; *: detected. $NAME is an environment variable." },
    { .name = "ice_server", .type = CONF_LIST, .unit = "URL [user password]", .flags = CONF_REPEAT | CONF_SECRET | CONF_NO_ENV,
      .reload = RELOAD_LIVE, IN_CONF(rtc_server.ice_servers), .since = "ours", .example = "turn:turn.example.net:3478?transport=udp ann changeme",
      .help = "Server of STUN or TURN by which clients may look for a way; WHIP and WHEP tell them, and the pages use it." },
    { .name = "use_auto_detect_network_ip", .type = CONF_BOOL, .def = "on", IN_CONF(rtc_server.detects), .since = "4",
      .help = "With *: offer the addresses of all interfaces." },
    { .name = "ip_family", .type = CONF_ENUM, .words = ip_families, .def = "ipv4", IN_CONF(rtc_server.ip_family), .since = "4",
      .help = "Family of the detected addresses." },
    { .name = "api_as_candidates", .type = CONF_BOOL, .def = "on", IN_CONF(rtc_server.host_is_candidate), .since = "4",
      .help = "The host name of the API request is a candidate too." },
    { .name = "resolve_api_domain", .type = CONF_BOOL, .def = "on", IN_CONF(rtc_server.resolves_host), .since = "4",
      .help = "Resolve that host name to an address." },
    { .name = "keep_api_domain", .type = CONF_BOOL, .def = "off", IN_CONF(rtc_server.keeps_host), .since = "4",
      .help = "Offer the name itself as well." },
    { .name = "ecdsa", .type = CONF_BOOL, .def = "on", .reload = RELOAD_LIVE, IN_CONF(rtc_server.ecdsa), .since = "4",
      .help = "The certificate of sessions is ECDSA; off: RSA." },
    { .name = "encrypt", .type = CONF_BOOL, .def = "on", IN_CONF(rtc_server.encrypt), .since = "4",
      .help = "Encrypt media (SRTP). Off is for debugging." },
    { .name = "reuseport", .type = CONF_INT, .unit = "sockets", .def = "1", .state = CONF_IGNORED, .reload = RELOAD_NONE, .since = "4",
      .help = "One UDP socket serves all." },
    { .name = "merge_nalus", .type = CONF_BOOL, .def = "off", IN_CONF(rtc_server.merge_nalus), .since = "4",
      .help = "For streams from RTMP: send the NAL units of a picture in one packet." },
    { .name = "black_hole", .type = CONF_BLOCK, .state = CONF_BUILT, .children = &black_hole_block, .since = "4",
      .help = "A copy of all packets, for debugging." },
    { .name = "dir", .type = CONF_ANYTHING, .state = CONF_IGNORED, .reload = RELOAD_NONE, .flags = CONF_NO_ENV,
      .since = "4", .help = "Never had an effect." },
    { .name = "perf_stat", .type = CONF_ANYTHING, .flags = CONF_LEGACY | CONF_NO_ENV, .since = "4", .help = "Removed." },
    { .name = "queue_length", .type = CONF_ANYTHING, .flags = CONF_LEGACY | CONF_NO_ENV, .since = "4",
      .help = "Removed." },
};
const struct conf_block conf_rtc_server_block = { CONF_ROWS(rtc_server_rows) };

static const char *const dtls_roles[] = { "passive", "active", NULL };
static const char *const dtls_versions[] = { "auto", "dtls1.0", "dtls1.2", NULL };

static const struct directive vhost_rtc_rows[] = {
    { .name = "enabled", .type = CONF_BOOL, .def = "off", IN_VHOST(rtc.enabled), .since = "4", .help = "Allow WebRTC in this vhost." },
    { .name = "nack", .type = CONF_BOOL, .def = "on", .flags = CONF_EMPTY_COUNTS, IN_VHOST(rtc.nack), .since = "4",
      .help = "Request lost packets again, and resend them on request." },
    { .name = "nack_no_copy", .type = CONF_BOOL, .def = "on", .state = CONF_IGNORED, .reload = RELOAD_NONE, .since = "4",
      .help = "Sent packets are always kept by reference." },
    { .name = "twcc", .type = CONF_BOOL, .def = "on", .flags = CONF_EMPTY_COUNTS, IN_VHOST(rtc.twcc), .since = "4",
      .help = "Transport-wide feedback, from which the sender estimates the bandwidth." },
    { .name = "red", .type = CONF_BOOL, .def = "on", .reload = RELOAD_LIVE, IN_VHOST(rtc.red), .since = "ours",
      .help = "Opus is sent twice (RFC 2198), by publishers and to players that lose packets, if the client knows it." },
    { .name = "stun_timeout", .type = CONF_SECONDS, .def = "30", .min = 0, .max = 86400, IN_VHOST(rtc.stun_timeout_us), .since = "4",
      .help = "End a session after this long without a packet." },
    { .name = "stun_strict_check", .type = CONF_BOOL, .def = "off", IN_VHOST(rtc.stun_strict_check), .since = "4",
      .help = "Refuse peers that claim the wrong ICE role." },
    { .name = "dtls_role", .type = CONF_ENUM, .words = dtls_roles, .def = "passive", IN_VHOST(rtc.dtls_role), .since = "4",
      .help = "DTLS role where the peer leaves the choice." },
    { .name = "dtls_version", .type = CONF_ENUM, .words = dtls_versions, .def = "auto", IN_VHOST(rtc.dtls_version), .since = "4",
      .help = "Version of DTLS." },
    { .name = "drop_for_pt", .type = CONF_INT, .unit = "payload type", .def = "0", IN_VHOST(rtc.drop_for_pt), .since = "4",
      .help = "Drop received packets of this type, to test loss; 0: none." },
    { .name = "rtmp_to_rtc", .type = CONF_BOOL, .def = "off", IN_VHOST(rtc.rtmp_to_rtc), .since = "4",
      .help = "Make streams from RTMP and SRT playable by WebRTC: AAC becomes Opus." },
    { .name = "keep_bframe", .type = CONF_BOOL, .def = "off", IN_VHOST(rtc.keep_bframe), .since = "4", .help = "Keep B-frames in such streams." },
    { .name = "keep_avc_nalu_sei", .type = CONF_BOOL, .def = "on", IN_VHOST(rtc.keep_avc_nalu_sei), .since = "5",
      .help = "Keep SEI NAL units in such streams." },
    { .name = "opus_bitrate", .type = CONF_INT, .unit = "bit/s", .def = "48000", .min = 8000, .max = 320000,
      .flags = CONF_OUTSIDE_IS_DEFAULT, IN_VHOST(rtc.opus_bitrate), .since = "5", .help = "Bit rate of the Opus audio." },
    { .name = "rtc_to_rtmp", .type = CONF_BOOL, .def = "off", IN_VHOST(rtc.rtc_to_rtmp), .since = "4",
      .help = "Make streams from WebRTC playable by RTMP and all other protocols: Opus becomes AAC." },
    { .name = "pli_for_rtmp", .type = CONF_SECONDS_FLOAT, .def = "6.0", .min = 0.5, .max = 30,
      .flags = CONF_OUTSIDE_IS_DEFAULT, IN_VHOST(rtc.pli_for_rtmp_us), .since = "4", .help = "Request a key frame of such streams this often." },
    { .name = "aac_bitrate", .type = CONF_INT, .unit = "bit/s", .def = "48000", .min = 8000, .max = 320000,
      .flags = CONF_OUTSIDE_IS_DEFAULT, IN_VHOST(rtc.aac_bitrate), .since = "5", .help = "Bit rate of the AAC audio." },
    { .name = "init_rate_from_sdp", .type = CONF_BOOL, .def = "off", .since = "7 (2025)",
      .help = "Take the first clock rate from the SDP." },
    { .name = "keep_original_ssrc", .type = CONF_BOOL, .def = "off", .since = "7 (2025)",
      .help = "Players get the SSRC of the publisher." },
    { .name = "aac", .type = CONF_ANYTHING, .flags = CONF_LEGACY | CONF_NO_ENV, .since = "4",
      .help = "aac transcode is now rtmp_to_rtc on." },
    { .name = "bframe", .type = CONF_ANYTHING, .flags = CONF_LEGACY | CONF_NO_ENV, .since = "4",
      .help = "bframe keep is now keep_bframe on." },
};
const struct conf_block conf_vhost_rtc_block = { CONF_ROWS(vhost_rtc_rows) };

static const char *const srt_modes[] = { "request", "publish", NULL };

static const struct directive srt_server_rows[] = {
    { .name = "enabled", .type = CONF_BOOL, .def = "off", .reload = RELOAD_RESTART, .since = "4", .help = "Serve SRT." },
    { .name = "listen", .type = CONF_LIST, .unit = "[ip:]port ...", .def = "10080", .flags = CONF_ENV_LIST,
      .reload = RELOAD_RESTART, .since = "4", .help = "UDP endpoints." },
    { .name = "maxbw", .type = CONF_INT64, .unit = "bytes/s", .def = "-1", .reload = RELOAD_RESTART, .since = "4",
      .help = "Most bandwidth of a connection; -1: no limit." },
    { .name = "mss", .type = CONF_INT, .unit = "bytes", .def = "1500", .reload = RELOAD_RESTART, .since = "4",
      .help = "Largest packet." },
    { .name = "latency", .type = CONF_MS, .def = "120", .reload = RELOAD_RESTART, .since = "4",
      .help = "Value of recvlatency and peerlatency where they are absent." },
    { .name = "recvlatency", .type = CONF_MS, .def = "120", .reload = RELOAD_RESTART, .since = "4",
      .help = "How long a receiver waits for packets that are sent again." },
    { .name = "peerlatency", .type = CONF_MS, .def = "0", .reload = RELOAD_RESTART, .since = "4",
      .help = "Least recvlatency that the peer is asked to use." },
    { .name = "connect_timeout", .type = CONF_MS, .def = "3000", .reload = RELOAD_RESTART, .since = "4",
      .help = "Longest handshake." },
    { .name = "peer_idle_timeout", .type = CONF_MS, .def = "10000", .reload = RELOAD_RESTART, .since = "6",
      .help = "Longest silence of a peer." },
    { .name = "tsbpdmode", .type = CONF_BOOL, .def = "on", .reload = RELOAD_RESTART, .since = "5",
      .help = "Deliver packets at the pace at which they were sent." },
    { .name = "tlpktdrop", .type = CONF_BOOL, .def = "on", .reload = RELOAD_RESTART, .since = "5",
      .help = "Drop packets that arrive too late." },
    { .name = "sendbuf", .type = CONF_INT, .unit = "bytes", .def = "12058624", .reload = RELOAD_RESTART, .since = "4",
      .help = "Size of the send buffer." },
    { .name = "recvbuf", .type = CONF_INT, .unit = "bytes", .def = "12058624", .reload = RELOAD_RESTART, .since = "4",
      .help = "Size of the receive buffer." },
    { .name = "payloadsize", .type = CONF_INT, .unit = "bytes", .def = "1316", .reload = RELOAD_RESTART, .since = "4",
      .help = "Payload of a packet: seven TS packets." },
    { .name = "passphrase", .type = CONF_STRING, .flags = CONF_SECRET, .reload = RELOAD_RESTART, .since = "5",
      .example = "at-least-ten-characters", .help = "Passphrase for encryption; 10 to 79 characters." },
    { .name = "pbkeylen", .type = CONF_INT, .unit = "0|16|24|32", .def = "0", .reload = RELOAD_RESTART, .since = "5",
      .help = "Length of the key where there is a passphrase." },
    { .name = "default_app", .type = CONF_STRING, .unit = "app", .def = "live", .since = "4",
      .help = "App of a streamid that names only a stream." },
    { .name = "default_streamid", .type = CONF_STRING, .def = "#!::r=live/livestream,m=request", .since = "7 (2025)",
      .help = "Meaning of an empty streamid." },
    { .name = "default_mode", .type = CONF_ENUM, .words = srt_modes, .def = "request", .since = "7 (2025)",
      .help = "Mode of a streamid without m=." },
    { .name = "tlpkdrop", .type = CONF_ANYTHING, .flags = CONF_LEGACY | CONF_NO_ENV, .since = "4",
      .help = "Now tlpktdrop." },
    { .name = "sei_filter", .type = CONF_ANYTHING, .state = CONF_IGNORED, .reload = RELOAD_NONE, .flags = CONF_NO_ENV,
      .since = "4", .help = "Never had an effect." },
    { .name = "mix_correct", .type = CONF_ANYTHING, .state = CONF_IGNORED, .reload = RELOAD_NONE,
      .flags = CONF_NO_ENV, .since = "4", .help = "Never had an effect." },
};
const struct conf_block conf_srt_server_block = { CONF_ROWS(srt_server_rows) };

static const struct directive vhost_srt_rows[] = {
    { .name = "enabled", .type = CONF_BOOL, .def = "off", .since = "5", .help = "Allow SRT in this vhost." },
    { .name = "srt_to_rtmp", .type = CONF_BOOL, .def = "on", .flags = CONF_OFF_UNLESS_ON,
      .env = "SRS_VHOST_SRT_SRT_TO_RTMP SRS_VHOST_SRT_TO_RTMP", .since = "5",
      .help = "Make streams from SRT playable by RTMP and all other protocols." },
};
const struct conf_block conf_vhost_srt_block = { CONF_ROWS(vhost_srt_rows) };

static const char *const casters[] = { "mpegts_over_udp", "flv", "gb28181", NULL };

#define REMOVED(called) \
    { .name = called, .type = CONF_ANYTHING, .flags = CONF_LEGACY, .since = "4", .help = "Removed." }

#define IN_CASTER(field) CONF_FIELD(struct conf_stream_caster, field)

static const struct directive sip_rows[] = {
    { .name = "enabled", .type = CONF_BOOL, .def = "on", .reload = RELOAD_RESTART, IN_CASTER(sip.enabled), .since = "5",
      .help = "Run the built-in SIP server. Off: an external one announces devices through the API." },
    { .name = "listen", .type = CONF_INT, .unit = "port", .def = "5060", .reload = RELOAD_RESTART,
      IN_CASTER(sip.listen), .since = "5",
      .help = "TCP port." },
    { .name = "timeout", .type = CONF_SECONDS_FLOAT, .def = "60", .reload = RELOAD_RESTART,
      IN_CASTER(sip.timeout_us), .since = "5",
      .help = "Longest silence of a device." },
    { .name = "reinvite", .type = CONF_SECONDS_FLOAT, .def = "5", .reload = RELOAD_RESTART,
      IN_CASTER(sip.reinvite_us), .since = "5",
      .help = "How long to wait before a device is invited again." },
    { .name = "candidate", .type = CONF_STRING, .unit = "*|ip|$VARIABLE", .def = "*", .reload = RELOAD_RESTART,
      IN_CASTER(sip.candidate), .since = "5", .help = "Address that the device is told; *: detected." },
    REMOVED("serial"), REMOVED("realm"), REMOVED("ack_timeout"), REMOVED("keepalive_timeout"),
    REMOVED("invite_port_fixed"), REMOVED("query_catalog_interval"), REMOVED("auto_play"), REMOVED("host"),
};
static const struct conf_block sip_block = { CONF_ROWS(sip_rows) };

static const struct directive caster_rows[] = {
    { .name = "enabled", .type = CONF_BOOL, .state = CONF_BUILT, .def = "off", .reload = RELOAD_APPLIED, IN_CASTER(enabled), .since = "2",
      .help = "Run this caster." },
    { .name = "caster", .type = CONF_ENUM, .state = CONF_BUILT, .words = casters, .other = -1, .reload = RELOAD_APPLIED,
      IN_CASTER(kind), .since = "2",
      .example = "flv", .help = "MPEG-TS over UDP; FLV and MPEG-TS by HTTP POST or PUT (flv); GB28181 cameras (not built yet)." },
    { .name = "output", .type = CONF_STRING, .state = CONF_BUILT, .unit = "URL", .reload = RELOAD_APPLIED, IN_CASTER(output), .since = "2",
      .example = "rtmp://127.0.0.1/[app]/[stream]", .help = "URL to which received streams are published." },
    { .name = "listen", .type = CONF_LIST, .state = CONF_BUILT, .unit = "[ip:]port ...", .reload = RELOAD_APPLIED,
      IN_CASTER(listen), .since = "2", .example = "8936",
      .help = "Endpoints: UDP for MPEG-TS, TCP for the others. The address of UDP may be a multicast group." },
    { .name = "multicast_source", .type = CONF_LIST, .state = CONF_BUILT, .unit = "ip ...", .reload = RELOAD_APPLIED,
      IN_CASTER(multicast_sources), .since = "ours", .example = "192.0.2.7",
      .help = "Hear only these senders of the multicast group (source-specific multicast)." },
    { .name = "multicast_interface", .type = CONF_STRING, .state = CONF_BUILT, .unit = "name", .reload = RELOAD_APPLIED,
      IN_CASTER(multicast_interface), .since = "ours", .example = "eth0",
      .help = "Interface on which the multicast group is joined. Nothing: the one of its route." },
    { .name = "sip", .type = CONF_BLOCK, .children = &sip_block, .since = "4", .help = "Signalling of GB28181." },
    REMOVED("tcp_enable"), REMOVED("rtp_port_min"), REMOVED("rtp_port_max"), REMOVED("wait_keyframe"),
    REMOVED("rtp_idle_timeout"), REMOVED("audio_enable"), REMOVED("auto_create_channel"), REMOVED("jitterbuffer_enable"),
    { .name = "host", .type = CONF_ANYTHING, .flags = CONF_LEGACY, .since = "4", .help = "Now sip { candidate }." },
};
const struct conf_block conf_stream_caster_block = { CONF_ROWS(caster_rows), .derive = conf_caster_derive };
