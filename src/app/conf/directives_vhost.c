/* A virtual host: its own settings, playing, publishing, access. */
#include "app/conf/directive.h"
#include "app/conf/vhost.h"

/* clang-format off */

static const char *const jitters[] = { "full", "zero", "off", NULL }; /* enum time_jitter */
static const char *const republish[] = { "busy", "takeover", NULL };

static const struct directive vhost_rows[] = {
    { .name = "enabled", .type = CONF_BOOL, .def = "on", .flags = CONF_NO_ENV, .reload = RELOAD_APPLIED,
      IN_VHOST(enabled), .since = "1",
      .help = "Off refuses all clients of the vhost. They do not get the default vhost either." },
    { .name = "chunk_size", .type = CONF_INT, .unit = "bytes", .min = 128, .max = 65536, .reload = RELOAD_LIVE,
      IN_VHOST(chunk_size), .since = "1", .example = "60000",
      .help = "Size of the RTMP chunks that the server sends. Absent: that of the root." },
    { .name = "min_latency", .type = CONF_BOOL, .def = "off", .reload = RELOAD_APPLIED, IN_VHOST(min_latency),
      .since = "2", .help = "Send each frame at once, without batches. (WebRTC: on by default.)" },
    { .name = "tcp_nodelay", .type = CONF_BOOL, .def = "off", .reload = RELOAD_APPLIED, IN_VHOST(tcp_nodelay), SET_IN_VHOST(tcp_nodelay_set),
      .since = "2", .help = "TCP_NODELAY on RTMP connections. Without this line it is on, because each batch is one write already. "
              "Off lets the kernel merge small writes." },
    { .name = "in_ack_size", .type = CONF_INT, .unit = "bytes", .def = "0", .min = 0, .max = 2147483647,
      .reload = RELOAD_LIVE, IN_VHOST(in_ack_size), .since = "3",
      .help = "Acknowledge received bytes at this interval even if the client did not ask for it; 0: only if it "
              "did." },
    { .name = "out_ack_size", .type = CONF_INT, .unit = "bytes", .def = "2500000", .min = 0, .max = 2147483647,
      .reload = RELOAD_LIVE, IN_VHOST(out_ack_size), .since = "3",
      .help = "Window acknowledgement size sent to the client; 0: not sent." },
    { .name = "delay", .type = CONF_DURATION, .def = "0", .min = 0, .max = 3600, .reload = RELOAD_APPLIED, IN_VHOST(delay_us),
      .since = "ours", .example = "30s",
      .help = "Everything that comes out of a stream is late by this: players, segments, recordings, forwards. 0: it is not." },
    { .name = "delay_apply", .type = CONF_LIST, .unit = "all|app/stream ...", .def = "all", .flags = CONF_NO_ENV,
      .reload = RELOAD_APPLIED, IN_VHOST(delay_apply), .since = "ours", .help = "Streams that are delayed." },
    { .name = "play", .type = CONF_BLOCK, .children = &conf_play_block, .state = CONF_BUILT, .since = "3",
      .help = "How players are served." },
    { .name = "publish", .type = CONF_BLOCK, .children = &conf_publish_block, .state = CONF_BUILT, .since = "3",
      .help = "How publishers are served." },
    { .name = "refer", .type = CONF_BLOCK, .children = &conf_refer_block, .flags = CONF_NO_ENV, .state = CONF_BUILT,
      .since = "3", .help = "Web pages that may embed a player." },
    { .name = "security", .type = CONF_BLOCK, .children = &conf_security_block, .flags = CONF_NO_ENV,
      .state = CONF_BUILT, .since = "2", .help = "Addresses from which clients may play or publish." },
    { .name = "auth", .type = CONF_BLOCK, .children = &conf_auth_block, .flags = CONF_NO_ENV, .state = CONF_BUILT,
      .since = "ours", .help = "Tokens without which clients may not play or publish: signed URLs." },
    { .name = "limits", .type = CONF_BLOCK, .children = &conf_limits_block, .flags = CONF_NO_ENV, .state = CONF_BUILT,
      .since = "ours", .help = "How many clients may come, how often, and how fast publishers may send." },
    { .name = "tls", .type = CONF_BLOCK, .children = &conf_vhost_tls_block, .flags = CONF_NO_ENV, .state = CONF_BUILT,
      .since = "ours", .help = "A certificate of the vhost, for clients that ask for it by name (SNI)." },
    { .name = "cluster", .type = CONF_BLOCK, .children = &conf_cluster_block, .flags = CONF_NO_ENV, .state = CONF_BUILT,
      .since = "3",
      .help = "This server as an edge of other servers, or as one of several origins." },
    { .name = "forward", .type = CONF_BLOCK, .children = &conf_forward_block, .state = CONF_BUILT, .since = "3",
      .help = "Push of each published stream to other servers." },
    { .name = "http_hooks", .type = CONF_BLOCK, .children = &conf_http_hooks_block,
      .state = CONF_BUILT, .since = "1", .help = "HTTP callbacks, which may refuse a client." },
    { .name = "http_static", .type = CONF_BLOCK, .state = CONF_BUILT, .children = &conf_http_static_block, .since = "2",
      .help = "Files of this vhost over HTTP." },
    { .name = "http_remux", .type = CONF_BLOCK, .state = CONF_BUILT, .children = &conf_http_remux_block, .flags = CONF_REPEAT,
      .since = "2", .help = "Live streams over HTTP, as FLV, TS, AAC or MP3." },
    { .name = "hls", .type = CONF_BLOCK, .children = &conf_hls_block, .state = CONF_BUILT, .since = "1", .help = "HLS." },
    { .name = "dash", .type = CONF_BLOCK, .state = CONF_BUILT, .children = &conf_dash_block, .since = "3", .help = "MPEG-DASH." },
    { .name = "hds", .type = CONF_BLOCK, .state = CONF_BUILT, .children = &conf_hds_block, .since = "2", .help = "Adobe HDS." },
    { .name = "dvr", .type = CONF_BLOCK, .state = CONF_BUILT, .children = &conf_dvr_block, .since = "1", .help = "Recording." },
    { .name = "snapshot", .type = CONF_BLOCK, .state = CONF_BUILT, .children = &conf_pictures_block, .since = "ours",
      .help = "Pictures of published streams in files." },
    { .name = "rtc", .type = CONF_BLOCK, .children = &conf_vhost_rtc_block, .state = CONF_BUILT, .since = "4", .help = "WebRTC in this vhost." },
    { .name = "srt", .type = CONF_BLOCK, .children = &conf_vhost_srt_block, .since = "5", .help = "SRT in this vhost." },
    { .name = "rtsp", .type = CONF_BLOCK, .children = &conf_vhost_rtsp_block, .since = "7 (2025)",
      .help = "RTSP in this vhost." },
    { .name = "transcode", .type = CONF_BLOCK, .children = &conf_transcode_block, .state = CONF_BUILT, .flags = CONF_REPEAT | CONF_NO_ENV,
      CONF_BLOCKS(struct conf_vhost, transcodes, n_transcodes), .unit = "[app[/stream]]", .since = "1",
      .help = "ffmpeg on published streams: on all, on those of an app, or on one." },
    { .name = "ingest", .type = CONF_BLOCK, .children = &conf_ingest_block, .state = CONF_BUILT,
      .flags = CONF_REPEAT | CONF_NO_ENV,
      CONF_BLOCKS(struct conf_vhost, ingests, n_ingests), .unit = "[ID]", .since = "1", .example = "livestream",
      .help = "ffmpeg that pulls in a file or a stream, while the server runs." },
    { .name = "relay", .type = CONF_BLOCK, .children = &conf_relay_block, .state = CONF_BUILT,
      .flags = CONF_REPEAT | CONF_NO_ENV,
      CONF_BLOCKS(struct conf_vhost, relays, n_relays), .unit = "[app/stream]", .since = "ours", .example = "live/livestream",
      .help = "A stream that is pulled from another server. Without a name it is called as in the first URL." },
    { .name = "exec", .type = CONF_BLOCK, .children = &conf_exec_block, .flags = CONF_NO_ENV, .state = CONF_BUILT,
      .since = "3", .help = "Programs that are run for each published stream." },

    /* spellings of SRS 1 and 2, see legacy.c */
    { .name = "http", .type = CONF_BLOCK, .children = &conf_http_static_block, .flags = CONF_LEGACY | CONF_NO_ENV,
      .since = "1", .help = "Old name of http_static." },
#define MOVED_TO_PLAY(called, release) \
    { .name = called, .type = CONF_ANYTHING, .flags = CONF_LEGACY | CONF_NO_ENV, .since = release, \
      .help = "Now play { " called " }." }
    MOVED_TO_PLAY("time_jitter", "1"), MOVED_TO_PLAY("mix_correct", "2"), MOVED_TO_PLAY("atc", "1"),
    MOVED_TO_PLAY("atc_auto", "1"), MOVED_TO_PLAY("mw_latency", "2"), MOVED_TO_PLAY("gop_cache", "1"),
    MOVED_TO_PLAY("gop_cache_max_frames", "5"), MOVED_TO_PLAY("queue_length", "1"),
    MOVED_TO_PLAY("send_min_interval", "2"), MOVED_TO_PLAY("reduce_sequence_header", "2"),
#undef MOVED_TO_PLAY
#define MOVED_TO_CLUSTER(called) \
    { .name = called, .type = CONF_ANYTHING, .flags = CONF_LEGACY | CONF_NO_ENV, .since = "1", \
      .help = "Now cluster { " called " }." }
    MOVED_TO_CLUSTER("mode"), MOVED_TO_CLUSTER("origin"), MOVED_TO_CLUSTER("token_traverse"), MOVED_TO_CLUSTER("vhost"),
    MOVED_TO_CLUSTER("debug_srs_upnode"),
#undef MOVED_TO_CLUSTER
    { .name = "refer_play", .type = CONF_ANYTHING, .flags = CONF_LEGACY | CONF_NO_ENV, .since = "1",
      .help = "Now refer { enabled on; play ...; }." },
    { .name = "refer_publish", .type = CONF_ANYTHING, .flags = CONF_LEGACY | CONF_NO_ENV, .since = "1",
      .help = "Now refer { enabled on; publish ...; }." },
    { .name = "mr", .type = CONF_OPTIONS, .flags = CONF_LEGACY | CONF_NO_ENV, .since = "2",
      .help = "mr { enabled; latency; } is now publish { mr; mr_latency; }." },
    { .name = "publish_1stpkt_timeout", .type = CONF_ANYTHING, .flags = CONF_LEGACY | CONF_NO_ENV, .since = "2",
      .help = "Now publish { firstpkt_timeout }." },
    { .name = "publish_normal_timeout", .type = CONF_ANYTHING, .flags = CONF_LEGACY | CONF_NO_ENV, .since = "2",
      .help = "Now publish { normal_timeout }." },
    { .name = "nack", .type = CONF_OPTIONS, .flags = CONF_LEGACY | CONF_NO_ENV, .since = "4",
      .help = "nack { enabled; no_copy; } is now rtc { nack; nack_no_copy; }." },
    { .name = "twcc", .type = CONF_OPTIONS, .flags = CONF_LEGACY | CONF_NO_ENV, .since = "4",
      .help = "twcc { enabled; } is now rtc { twcc; }." },
    { .name = "bandcheck", .type = CONF_BLOCK, .children = &conf_bandcheck_block, .flags = CONF_NO_ENV, .state = CONF_BUILT,
      .since = "1", .help = "A bandwidth test over RTMP: whoever connects to this vhost is a tester. It cannot serve streams." },
};

const struct conf_block conf_vhost_block = { CONF_ROWS(vhost_rows), CONF_NAMED(struct conf_vhost, name),
                                             .derive = conf_vhost_derive };

static const struct directive bandcheck_rows[] = {
    { .name = "enabled", .type = CONF_BOOL, .def = "off", .reload = RELOAD_LIVE, IN_VHOST(bandcheck.enabled), .since = "1",
      .help = "Clients of this vhost test the bandwidth to this server." },
    { .name = "key", .type = CONF_STRING, .unit = "key", .flags = CONF_SECRET, .reload = RELOAD_LIVE, IN_VHOST(bandcheck.key),
      .since = "1", .example = "35c9b402c12a7246868752e2878f7e0e",
      .help = "What a tester's tcUrl must have as the parameter key. Empty: anybody may test." },
    { .name = "interval", .type = CONF_SECONDS, .def = "30", .min = 0, .max = 86400, .reload = RELOAD_LIVE,
      IN_VHOST(bandcheck.interval_us), .since = "1", .help = "A test begins at least this long after the one before." },
    { .name = "limit_kbps", .type = CONF_INT, .unit = "kbps", .def = "1000", .min = 1, .max = 1000000, .reload = RELOAD_LIVE,
      IN_VHOST(bandcheck.limit_kbps), .since = "1", .help = "Most that a test takes, in each direction." },
};

const struct conf_block conf_bandcheck_block = { CONF_ROWS(bandcheck_rows), .unchecked = true };

static const struct directive play_rows[] = {
    { .name = "gop_cache", .type = CONF_BOOL, .def = "on", .reload = RELOAD_APPLIED, IN_VHOST(play.gop_cache),
      .since = "1",
      .help = "A new player starts with the latest key frame, so that it has a picture at once. Off: less delay." },
    { .name = "gop_cache_max_frames", .type = CONF_INT, .unit = "frames", .def = "2500", .min = 0, .max = 2147483647,
      .reload = RELOAD_APPLIED, IN_VHOST(play.gop_cache_max_frames), .since = "5",
      .help = "A group of pictures with more frames than this is not cached; 0: no limit." },
    { .name = "queue_length", .type = CONF_SECONDS, .def = "30", .min = 0, .max = 86400, .reload = RELOAD_APPLIED,
      IN_VHOST(play.queue_length_us), .since = "1",
      .help = "A player that falls behind by more than this loses frames, up to the next key frame." },
    { .name = "time_jitter", .type = CONF_ENUM, .words = jitters, .other = TIME_JITTER_FULL, .def = "full",
      .reload = RELOAD_APPLIED, IN_VHOST(play.time_jitter), .since = "1",
      .help = "Timestamps for the player: full starts at 0 and closes the gaps of skipped frames, zero starts at 0, "
              "off keeps those of the encoder." },
    { .name = "atc", .type = CONF_BOOL, .def = "off", .reload = RELOAD_APPLIED, IN_VHOST(play.atc), .since = "1",
      .help = "Keep the encoder's absolute timestamps, so that two servers can back each other up." },
    { .name = "atc_auto", .type = CONF_BOOL, .def = "off", .reload = RELOAD_LIVE, IN_VHOST(play.atc_auto),
      .since = "1", .help = "Switch atc on for a stream whose metadata contains bravo_atc." },
    { .name = "mix_correct", .type = CONF_BOOL, .def = "off", .reload = RELOAD_APPLIED, IN_VHOST(play.mix_correct),
      .since = "2", .help = "Sort audio and video by time before sending." },
    { .name = "mw_latency", .type = CONF_MS, .def = "350", .min = 0, .max = 60000, .reload = RELOAD_APPLIED,
      IN_VHOST(play.mw_latency_us), SET_IN_VHOST(play.mw_latency_set), .since = "2",
      .help = "Collect frames for this long and send them with one call: less CPU, more delay. Absent: the number "
              "of players decides how long, up to this." },
    { .name = "mw_msgs", .type = CONF_INT, .unit = "frames", .def = "8", .min = 0, .max = 128,
      .reload = RELOAD_APPLIED, IN_VHOST(play.mw_msgs), SET_IN_VHOST(play.mw_msgs_set), .since = "4",
      .help = "If mw_latency and this are both written: after mw_latency, hold a batch until it has more than this many "
              "frames, for at most 350 ms more." },
    { .name = "send_min_interval", .type = CONF_MS_FLOAT, .def = "0", .min = 0, .max = 60000,
      .reload = RELOAD_APPLIED, IN_VHOST(play.send_min_interval_us), .since = "2",
      .help = "Least time between two frames, for players that cannot keep up." },
    { .name = "reduce_sequence_header", .type = CONF_BOOL, .def = "off", .reload = RELOAD_LIVE,
      IN_VHOST(play.reduce_sequence_header), .since = "2",
      .help = "Do not send a sequence header again that equals the last one." },
    { .name = "wait", .type = CONF_SECONDS, .def = "3600", .min = 0, .max = 31536000, .reload = RELOAD_LIVE,
      IN_VHOST(play.wait_us), .since = "ours",
      .help = "How long an RTMP player may wait for a publisher, at first and after each one; then it gets "
              "StreamNotFound. 0: not at all." },
    { .name = "vod", .type = CONF_STRING, .unit = "path", .reload = RELOAD_LIVE, IN_VHOST(play.vod), .since = "ours",
      .help = "Folder of recorded files that RTMP players may play and seek in: app/name.flv, app/mp4:name.mp4. Absent: none." },
};

const struct conf_block conf_play_block = { CONF_ROWS(play_rows) };

static const struct directive publish_rows[] = {
    { .name = "mr", .type = CONF_BOOL, .def = "off", .reload = RELOAD_APPLIED, IN_VHOST(publish.mr), .since = "2",
      .help = "Read publishers less often, and more at a time: less CPU, more delay." },
    { .name = "mr_latency", .type = CONF_MS, .def = "350", .min = 0, .max = 60000, .reload = RELOAD_APPLIED,
      IN_VHOST(publish.mr_latency_us), .since = "2", .help = "Time between two such reads." },
    { .name = "firstpkt_timeout", .type = CONF_MS, .def = "20000", .min = 0, .max = 86400000,
      .reload = RELOAD_APPLIED, IN_VHOST(publish.firstpkt_timeout_us), .since = "2",
      .help = "Longest wait for a publisher's first packet." },
    { .name = "normal_timeout", .type = CONF_MS, .def = "5000", .min = 0, .max = 86400000, .reload = RELOAD_APPLIED,
      IN_VHOST(publish.normal_timeout_us), .since = "2", .help = "Longest silence of a publisher after that." },
    { .name = "parse_sps", .type = CONF_BOOL, .def = "on", .reload = RELOAD_LIVE, IN_VHOST(publish.parse_sps),
      .since = "2", .help = "Read size, profile and frame rate from the video's parameter sets." },
    { .name = "try_annexb_first", .type = CONF_BOOL, .def = "on", .reload = RELOAD_LIVE,
      IN_VHOST(publish.try_annexb_first), .since = "5",
      .help = "Look for start codes in video payloads first, and for length prefixes second." },
    { .name = "kickoff_for_idle", .type = CONF_SECONDS_FLOAT, .def = "0", .min = 0, .max = 31536000,
      .reload = RELOAD_LIVE, IN_VHOST(publish.kickoff_for_idle_us), .since = "5",
      .help = "Disconnect a publisher after this long without a player; 0: never. Excludes forward." },
    { .name = "republish", .type = CONF_ENUM, .words = republish, .def = "busy", .reload = RELOAD_LIVE,
      IN_VHOST(publish.republish_takeover), .since = "ours",
      .help = "A second publisher of a stream that is live: busy refuses it, takeover ends the first one." },
    { .name = "hold", .type = CONF_DURATION, .def = "0", .min = 0, .max = 86400, .reload = RELOAD_APPLIED,
      IN_VHOST(publish.hold_us), .since = "ours", .example = "10s",
      .help = "When a publisher leaves, keep its players for this long, so that they go on when it is back; 0: tell them the end." },
    { .name = "backup", .type = CONF_STRING, .unit = "stream or app/stream", .def = "", .reload = RELOAD_APPLIED,
      IN_VHOST(publish.backup), .since = "ours", .example = "[stream]_backup",
      .help = "The stream of this vhost that players get while the publisher is away. [app] and [stream] are replaced. Without hold, "
              "players are kept for an hour." },
    { .name = "slate", .type = CONF_STRING, .unit = "path", .def = "", .reload = RELOAD_APPLIED, IN_VHOST(publish.slate),
      .since = "ours", .example = "./conf/slate.flv",
      .help = "An FLV or MP4 file of up to 16 MiB that players get in a loop while neither the publisher nor the backup is there. Without hold, "
              "players are kept for an hour." },
};

const struct conf_block conf_publish_block = { CONF_ROWS(publish_rows) };

static const struct directive refer_rows[] = {
    { .name = "enabled", .type = CONF_BOOL, .def = "off", .flags = CONF_GUARD, .reload = RELOAD_LIVE, IN_VHOST(refer.enabled),
      .since = "3", .help = "Check the web page that an RTMP client names." },
    { .name = "all", .type = CONF_LIST, .unit = "domain ...", .reload = RELOAD_LIVE, IN_VHOST(refer.all),
      SET_IN_VHOST(refer.has_all), .since = "1", .example = "github.com github.io",
      .help = "Domains of the pages, with their subdomains, for players and publishers. A line without a domain "
              "refuses all clients." },
    { .name = "publish", .type = CONF_LIST, .unit = "domain ...", .reload = RELOAD_LIVE, IN_VHOST(refer.publish),
      SET_IN_VHOST(refer.has_publish), .since = "1", .example = "github.com", .help = "The same for publishers." },
    { .name = "play", .type = CONF_LIST, .unit = "domain ...", .reload = RELOAD_LIVE, IN_VHOST(refer.play),
      SET_IN_VHOST(refer.has_play), .since = "1", .example = "github.com", .help = "The same for players." },
};

const struct conf_block conf_refer_block = { CONF_ROWS(refer_rows) };

static const struct directive security_rows[] = {
    { .name = "enabled", .type = CONF_BOOL, .def = "off", .flags = CONF_GUARD, .reload = RELOAD_LIVE, IN_VHOST(security.enabled),
      .since = "2", .help = "Apply the rules. Enabled without any rule refuses everybody." },
    { .name = "deny", .type = CONF_LIST, .unit = "publish|play all|ip|cidr", .flags = CONF_REPEAT,
      .reload = RELOAD_LIVE, .state = CONF_BUILT, .since = "2", .example = "publish 192.168.1.0/24",
      .help = "Refuses the clients that it names; checked before every allow." },
    { .name = "allow", .type = CONF_LIST, .unit = "publish|play all|ip|cidr", .flags = CONF_REPEAT,
      .reload = RELOAD_LIVE, .state = CONF_BUILT, .since = "2", .example = "play all",
      .help = "Admits the clients that it names. If there is any allow, for playing or for publishing, "
              "each client needs an allow for what it does; all others are refused." },
};

const struct conf_block conf_security_block = { CONF_ROWS(security_rows) };

static const struct directive tls_rows[] = {
    { .name = "key", .type = CONF_STRING, .unit = "path", .reload = RELOAD_LIVE, IN_VHOST(tls.key), .since = "ours",
      .example = "./conf/live.example.key", .help = "Private key, PEM. Absent: the certificate of the port is used." },
    { .name = "cert", .type = CONF_STRING, .unit = "path", .reload = RELOAD_LIVE, IN_VHOST(tls.cert), .since = "ours",
      .example = "./conf/live.example.crt", .help = "Certificate chain, PEM." },
};

const struct conf_block conf_vhost_tls_block = { CONF_ROWS(tls_rows) };
