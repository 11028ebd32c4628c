/* Other servers, and other programs: cluster, forward, relay, transcode, ingest, exec. */
#include "app/conf/directive.h"

/* clang-format off */

static const char *const modes[] = { "local", "remote", NULL }; /* enum conf_cluster_mode */
static const char *const protocols[] = { "rtmp", "flv", "flvs", "rtmps", NULL }; /* enum conf_cluster_protocol */

static const char *const choices[] = { "ordered", "hashed", NULL }; /* enum conf_origin_choice */
static const char *const elsewhere[] = { "allow", "refuse", "takeover", NULL }; /* enum conf_cluster_elsewhere */

static const struct directive cluster_rows[] = {
    { .name = "mode", .type = CONF_ENUM, .words = modes, .def = "local", .reload = RELOAD_APPLIED, IN_VHOST(cluster.mode),
      .since = "1", .help = "remote makes the vhost an edge, which takes its streams from an origin and passes publishers on to it." },
    { .name = "origin", .type = CONF_LIST, .unit = "host[:port] ...", .reload = RELOAD_APPLIED, IN_VHOST(cluster.origins),
      .since = "1", .example = "127.0.0.1:19350",
      .help = "The origins, the first one is tried first. One that cannot be reached is set aside for a time that grows." },
    { .name = "origin_choice", .type = CONF_ENUM, .words = choices, .def = "ordered", .reload = RELOAD_APPLIED,
      IN_VHOST(cluster.origin_choice), .since = "ours",
      .help = "hashed: each stream has its own order of origins, by its name, on which all edges agree." },
    { .name = "linger", .type = CONF_SECONDS, .def = "5", .min = 0, .max = 86400, .reload = RELOAD_APPLIED,
      IN_VHOST(cluster.linger_us), .since = "ours", .help = "How long a pull goes on after the last player." },
    { .name = "timeout", .type = CONF_SECONDS, .def = "5", .min = 1, .max = 3600, .reload = RELOAD_APPLIED,
      IN_VHOST(cluster.timeout_us), .since = "ours",
      .help = "An origin that does not answer, or sends no frame, for this long is given up." },
    { .name = "hold", .type = CONF_SECONDS, .def = "60", .min = 0, .max = 86400, .reload = RELOAD_APPLIED,
      IN_VHOST(cluster.hold_us), .since = "ours",
      .help = "How long players are not told of an end, and publishers stay, when an origin was lost and no other one does." },
    { .name = "backup_pull", .type = CONF_BOOL, .def = "off", .reload = RELOAD_APPLIED, IN_VHOST(cluster.backup_pull),
      .since = "ours", .help = "Pull each stream from a second origin too, which takes over at once when the first one fails. By rtmp and rtmps." },
    { .name = "tls_verify", .type = CONF_BOOL, .def = "on", .reload = RELOAD_APPLIED, IN_VHOST(cluster.tls_verify),
      .since = "ours", .help = "Check the certificate of an origin: its name, and that tls_ca leads to it." },
    { .name = "tls_ca", .type = CONF_STRING, .unit = "path", .reload = RELOAD_APPLIED, IN_VHOST(cluster.tls_ca),
      .since = "ours", .example = "./conf/ca.pem",
      .help = "PEM file of the certificates that tls_verify trusts. None: those of the system." },
    { .name = "token_traverse", .type = CONF_BOOL, .def = "off", .flags = CONF_GUARD, .reload = RELOAD_LIVE,
      IN_VHOST(cluster.token_traverse), .since = "1",
      .help = "Ask the origin about each player before it is served, by RTMP. Publishers are always asked about." },
    { .name = "vhost", .type = CONF_STRING, .unit = "name", .def = "[vhost]", .reload = RELOAD_APPLIED,
      IN_VHOST(cluster.vhost), .since = "2",
      .help = "Vhost that the origin is asked for; [vhost] is the vhost of the client." },
    { .name = "debug_srs_upnode", .type = CONF_BOOL, .def = "on", .reload = RELOAD_APPLIED,
      IN_VHOST(cluster.debug_srs_upnode), .since = "1",
      .help = "Tell the origin, by RTMP, who this server is, so that a client can be followed." },
    { .name = "protocol", .type = CONF_ENUM, .words = protocols, .def = "rtmp", .flags = CONF_EMPTY_COUNTS,
      .reload = RELOAD_APPLIED, IN_VHOST(cluster.protocol), .since = "5", .help = "Protocol by which the edge pulls. It publishes by rtmp, or with rtmps and flvs by rtmps; with flv and flvs that is at other_port." },
    { .name = "follow_client", .type = CONF_BOOL, .def = "off", .flags = CONF_EMPTY_COUNTS, .reload = RELOAD_APPLIED,
      IN_VHOST(cluster.follow_client), .since = "5",
      .help = "Pull by the protocol of the player for whom the pull begins: by flv for HTTP-FLV, TS, MP4 and WebSocket, by rtmp for RTMP. HLS and DASH leave it at protocol." },
    { .name = "other_port", .type = CONF_INT, .def = "0", .min = 0, .max = 65535, .reload = RELOAD_APPLIED,
      IN_VHOST(cluster.other_port), .since = "ours",
      .help = "Port of the origins for what is not spoken by protocol: publishers, token_traverse and follow_client. 0: the default one of rtmp, rtmps, flv or flvs." },
    { .name = "common_segments", .type = CONF_BOOL, .def = "off", .reload = RELOAD_APPLIED, IN_VHOST(cluster.common_segments),
      .since = "ours",
      .help = "Cut and number the segments of HLS and DASH by the wall clock of the stream, which the origin tells its edges: all servers make the same ones. With play { atc on; }." },
    { .name = "origin_cluster", .type = CONF_BOOL, .def = "off", .reload = RELOAD_APPLIED, IN_VHOST(cluster.origin_cluster),
      .since = "3", .help = "Send a player whose stream is not published here to the coworker that has it." },
    { .name = "coworkers", .type = CONF_LIST, .unit = "host:api_port ...", .reload = RELOAD_APPLIED,
      IN_VHOST(cluster.coworkers), .since = "3", .example = "127.0.0.1:9091",
      .help = "API endpoints of the other origins, https://host:api_port by HTTPS (ours; tls_verify and tls_ca say whom to trust). A name with several addresses means all of them." },
    { .name = "directory", .type = CONF_STRING, .unit = "redis://[[user]:password@]host[:port][/database]", .flags = CONF_SECRET,
      .reload = RELOAD_APPLIED, IN_VHOST(cluster.directory), .since = "ours",
      .help = "With origin_cluster: a Redis in which origins write which streams they have, and look for others, in place of asking coworkers. They are asked when it does not answer." },
    { .name = "directory_host", .type = CONF_STRING, .unit = "name|address", .reload = RELOAD_LIVE,
      IN_VHOST(cluster.directory_host), .since = "ours",
      .help = "The host of this server in the directory, by which players and other origins reach it. Empty: that of the RTMP listen, or the first public address of the machine." },
    { .name = "publish_elsewhere", .type = CONF_ENUM, .words = elsewhere, .def = "allow", .reload = RELOAD_LIVE,
      IN_VHOST(cluster.publish_elsewhere), .since = "ours",
      .help = "With origin_cluster: what happens to a publisher of a stream that a coworker has. takeover: the coworker ends its own one, if it has takeover too." },
};
const struct conf_block conf_cluster_block = { CONF_ROWS(cluster_rows) };

static const struct directive forward_rows[] = {
    { .name = "enabled", .type = CONF_BOOL, .def = "off", .reload = RELOAD_APPLIED, IN_VHOST(forward.enabled),
      .since = "3", .help = "Push each published stream to other servers." },
    { .name = "destination", .type = CONF_LIST, .unit = "host[:port] ...", .flags = CONF_NO_ENV,
      .reload = RELOAD_APPLIED, IN_VHOST(forward.destinations), .since = "3", .example = "127.0.0.1:19350",
      .help = "Servers to push to; all of them get the stream under the same vhost, app and name. A word may also be a URL "
              "rtmp://host/app/name, with [vhost], [app], [stream] and [param] of the stream (ours)." },
    { .name = "tls_verify", .type = CONF_BOOL, .def = "on", .reload = RELOAD_LIVE, IN_VHOST(forward.tls_verify),
      .since = "ours", .help = "Check the certificate of an rtmps destination: its name, and that tls_ca leads to it." },
    { .name = "tls_ca", .type = CONF_STRING, .unit = "path", .reload = RELOAD_LIVE, IN_VHOST(forward.tls_ca),
      .since = "ours", .example = "./conf/ca.pem",
      .help = "PEM file of the certificates that tls_verify trusts. None: those of the system." },
    { .name = "backend", .type = CONF_STRING, .unit = "URL", .reload = RELOAD_LIVE, IN_VHOST(forward.backend),
      .since = "5", .example = "http://127.0.0.1:8085/api/v1/forward",
      .help = "URL that is asked for the destinations of each publisher before it is let in; wins over destination." },
};
const struct conf_block conf_forward_block = { CONF_ROWS(forward_rows) };

#define IN_RELAY(field) .state = CONF_BUILT, CONF_FIELD(struct conf_relay, field)

static const struct directive relay_rows[] = {
    { .name = "enabled", .type = CONF_BOOL, .def = "on", .reload = RELOAD_APPLIED, IN_RELAY(enabled), .since = "ours",
      .help = "Pull the stream." },
    { .name = "pull", .type = CONF_LIST, .unit = "URL ...", .reload = RELOAD_APPLIED, IN_RELAY(urls), .since = "ours",
      .example = "rtmp://127.0.0.1:19350/live/livestream",
      .help = "Where the stream is: rtmp[s]://, http[s]:// with FLV or MPEG-TS, or http[s]://….m3u8 (HLS). When a URL "
              "fails, the next one is tried." },
    { .name = "on_demand", .type = CONF_BOOL, .def = "off", .reload = RELOAD_APPLIED, IN_RELAY(on_demand),
      .since = "ours", .help = "Pull only while the stream has players, or viewers of HLS, DASH or HDS." },
    { .name = "linger", .type = CONF_SECONDS, .def = "10", .min = 0, .max = 86400, .reload = RELOAD_APPLIED,
      IN_RELAY(linger_us), .since = "ours", .help = "With on_demand: how long the pull goes on after the last player." },
    { .name = "timeout", .type = CONF_SECONDS, .def = "10", .min = 1, .max = 3600, .reload = RELOAD_APPLIED,
      IN_RELAY(timeout_us), .since = "ours",
      .help = "A server that does not answer, or sends no frame, for this long is given up." },
    { .name = "tls_verify", .type = CONF_BOOL, .def = "on", .reload = RELOAD_APPLIED, IN_RELAY(tls_verify),
      .since = "ours", .help = "Check the certificate of an rtmps or https URL: its name, and that tls_ca leads to it." },
    { .name = "tls_ca", .type = CONF_STRING, .unit = "path", .reload = RELOAD_APPLIED, IN_RELAY(tls_ca),
      .since = "ours", .example = "./conf/ca.pem",
      .help = "PEM file of the certificates that tls_verify trusts. None: those of the system." },
};
const struct conf_block conf_relay_block = { CONF_ROWS(relay_rows), CONF_NAMED(struct conf_relay, name) };

#define IN_ENGINE(field) .state = CONF_BUILT, CONF_FIELD(struct conf_engine, field)
#define OPTIONS(called, text) \
    { .name = #called, .type = CONF_OPTIONS, .reload = RELOAD_APPLIED, IN_ENGINE(called), .since = "1", .help = text }

static const struct directive engine_rows[] = {
    { .name = "enabled", .type = CONF_BOOL, .def = "off", .reload = RELOAD_APPLIED, IN_ENGINE(enabled), .since = "1",
      .help = "Use this engine." },
    OPTIONS(perfile, "Options of ffmpeg before its input: NAME VALUE; becomes -NAME VALUE."),
    { .name = "iformat", .type = CONF_STRING, .def = "flv", .reload = RELOAD_APPLIED, IN_ENGINE(iformat), .since = "1",
      .help = "Format of the input; off leaves it to ffmpeg." },
    OPTIONS(vfilter, "Options after the input, for instance i logo.png; filter_complex 'overlay=10:10';"),
    { .name = "vcodec", .type = CONF_STRING, .flags = CONF_EMPTY_COUNTS, .reload = RELOAD_APPLIED,
      IN_ENGINE(vcodec), .since = "1",
      .example = "libx264", .help = "Video encoder, copy, or vn for no video." },
    { .name = "vbitrate", .type = CONF_INT, .unit = "kbit/s", .def = "0", .reload = RELOAD_APPLIED,
      IN_ENGINE(vbitrate_kbps), .since = "1",
      .help = "Video bit rate; here and below 0 leaves the option out." },
    { .name = "vfps", .type = CONF_FLOAT, .def = "0", .reload = RELOAD_APPLIED,
      IN_ENGINE(vfps), .since = "1", .help = "Frame rate." },
    { .name = "vwidth", .type = CONF_INT, .unit = "pixels", .def = "0", .reload = RELOAD_APPLIED,
      IN_ENGINE(vwidth), .since = "1",
      .help = "Width of the picture." },
    { .name = "vheight", .type = CONF_INT, .unit = "pixels", .def = "0", .reload = RELOAD_APPLIED,
      IN_ENGINE(vheight), .since = "1",
      .help = "Height of the picture." },
    { .name = "vthreads", .type = CONF_INT, .def = "1", .reload = RELOAD_APPLIED,
      IN_ENGINE(vthreads), .since = "1", .help = "Number of threads." },
    { .name = "vprofile", .type = CONF_STRING, .flags = CONF_EMPTY_COUNTS, .reload = RELOAD_APPLIED,
      IN_ENGINE(vprofile), .since = "1",
      .example = "main", .help = "Profile; required to encode video." },
    { .name = "vpreset", .type = CONF_STRING, .flags = CONF_EMPTY_COUNTS, .reload = RELOAD_APPLIED,
      IN_ENGINE(vpreset), .since = "1",
      .example = "medium", .help = "Preset; required to encode video." },
    OPTIONS(vparams, "More options for video."),
    { .name = "acodec", .type = CONF_STRING, .reload = RELOAD_APPLIED,
      IN_ENGINE(acodec), .since = "1", .example = "aac",
      .help = "Audio encoder, copy, or an for no audio." },
    { .name = "abitrate", .type = CONF_INT, .unit = "kbit/s", .def = "0", .reload = RELOAD_APPLIED,
      IN_ENGINE(abitrate_kbps), .since = "1",
      .help = "Audio bit rate." },
    { .name = "asample_rate", .type = CONF_INT, .unit = "Hz", .def = "0", .reload = RELOAD_APPLIED,
      IN_ENGINE(asample_rate), .since = "1",
      .help = "Sample rate." },
    { .name = "achannels", .type = CONF_INT, .unit = "0|1|2", .def = "0", .reload = RELOAD_APPLIED,
      IN_ENGINE(achannels), .since = "1",
      .help = "Number of channels." },
    OPTIONS(aparams, "More options for audio."),
    { .name = "oformat", .type = CONF_STRING, .def = "flv", .reload = RELOAD_APPLIED, IN_ENGINE(oformat), .since = "1",
      .help = "Format of the output; off leaves it to ffmpeg." },
    { .name = "output", .type = CONF_STRING, .unit = "URL", .reload = RELOAD_APPLIED, IN_ENGINE(output), .since = "1",
      .example = "rtmp://127.0.0.1:[port]/[app]?vhost=[vhost]/[stream]_[engine]", .help = "URL of the output." },
};
static const struct conf_block transcode_engine_block = { CONF_ROWS(engine_rows), CONF_NAMED(struct conf_engine, name) };
static const struct conf_block ingest_engine_block = { CONF_ROWS(engine_rows), CONF_NAMED(struct conf_engine, name),
                                                     .unchecked = true };

#define IN_TRANSCODE(field) .state = CONF_BUILT, CONF_FIELD(struct conf_transcode, field)

static const struct directive transcode_rows[] = {
    { .name = "enabled", .type = CONF_BOOL, .def = "off", .reload = RELOAD_APPLIED,
      IN_TRANSCODE(enabled), .since = "1", .help = "Transcode streams." },
    { .name = "ffmpeg", .type = CONF_STRING, .unit = "path", .reload = RELOAD_APPLIED,
      IN_TRANSCODE(ffmpeg), .since = "1",
      .example = "/usr/bin/ffmpeg", .help = "Path of the ffmpeg program." },
    { .name = "engine", .type = CONF_BLOCK, .children = &transcode_engine_block, .flags = CONF_REPEAT, .unit = "NAME",
      .state = CONF_BUILT, .reload = RELOAD_APPLIED, CONF_BLOCKS(struct conf_transcode, engines, n_engines), .since = "1", .example = "sd",
      .help = "One output, made by a process of its own." },
};
const struct conf_block conf_transcode_block = { CONF_ROWS(transcode_rows), CONF_NAMED(struct conf_transcode, scope) };

static const char *const inputs[] = { "file", "stream", NULL };

#define IN_INGEST(field) .state = CONF_BUILT, CONF_FIELD(struct conf_ingest, field)

static const struct directive input_rows[] = {
    { .name = "type", .type = CONF_ENUM, .words = inputs, .other = -1, .def = "file", .reload = RELOAD_APPLIED,
      IN_INGEST(type), .since = "1", .help = "A file, which is started again at its end, or a stream." },
    { .name = "url", .type = CONF_STRING, .unit = "path or URL", .reload = RELOAD_APPLIED, IN_INGEST(url), .since = "1",
      .example = "./doc/source.flv", .help = "The file or the stream." },
};
static const struct conf_block input_block = { CONF_ROWS(input_rows), .unchecked = true };

static const struct directive ingest_rows[] = {
    { .name = "enabled", .type = CONF_BOOL, .def = "off", .reload = RELOAD_APPLIED,
      IN_INGEST(enabled), .since = "1", .help = "Run this ingest." },
    { .name = "input", .type = CONF_BLOCK, .children = &input_block, .state = CONF_BUILT, .reload = RELOAD_APPLIED, .since = "1",
      .help = "The input." },
    { .name = "ffmpeg", .type = CONF_STRING, .unit = "path", .reload = RELOAD_APPLIED, IN_INGEST(ffmpeg), .since = "1",
      .example = "/usr/bin/ffmpeg", .help = "Path of the ffmpeg program." },
    { .name = "on_demand", .type = CONF_BOOL, .def = "off", .reload = RELOAD_APPLIED, IN_INGEST(on_demand), .since = "ours",
      .help = "Run it only while its stream, which must be one of this vhost, has players, or viewers of HLS, DASH or HDS." },
    { .name = "linger", .type = CONF_SECONDS, .def = "10", .min = 0, .max = 86400, .reload = RELOAD_APPLIED,
      IN_INGEST(linger_us), .since = "ours", .help = "With on_demand: how long it goes on after the last player." },
    { .name = "engine", .type = CONF_BLOCK, .children = &ingest_engine_block, .unit = "[NAME]",
      .state = CONF_BUILT, .reload = RELOAD_APPLIED, CONF_BLOCKS(struct conf_ingest, engines, n_engines), .since = "1",
      .help = "How the input is encoded, and the output. Without codecs everything is copied." },
};
const struct conf_block conf_ingest_block = { CONF_ROWS(ingest_rows), CONF_NAMED(struct conf_ingest, id) };

static const struct directive exec_rows[] = {
    { .name = "enabled", .type = CONF_BOOL, .def = "off", .reload = RELOAD_APPLIED,
      IN_VHOST(exec.enabled), .since = "3", .help = "Run the programs." },
    { .name = "publish", .type = CONF_LIST, .unit = "command argument ...", .flags = CONF_REPEAT,
      .reload = RELOAD_APPLIED,
      IN_VHOST(exec.publish), .since = "3", .example = "/usr/bin/ffmpeg -i [url] -c copy -f flv /tmp/[stream].flv",
      .help = "A program that is started with the stream, started again 3 s or more after it ends, and ended with the "
              "stream. No shell is involved; > FILE and 2> FILE redirect its output." },
};
const struct conf_block conf_exec_block = { CONF_ROWS(exec_rows) };
