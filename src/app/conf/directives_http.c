/* HTTP: the API, the server of files and streams, and what a vhost serves over it. */
#include "app/conf/directive.h"

/* clang-format off */

#define HTTPS_ROWS(array, home, port) \
    static const struct directive array[] = { \
        { .name = "enabled", .type = CONF_BOOL, .def = "off", .flags = CONF_EMPTY_COUNTS, \
          .reload = RELOAD_APPLIED, IN_CONF(home.enabled), .since = "4", \
          .help = "Serve HTTPS as well. The plain server must be enabled." }, \
        { .name = "listen", .type = CONF_LIST, .unit = "[ip:]port ...", .def = port, \
          .flags = CONF_EMPTY_COUNTS | CONF_ENV_LIST, .reload = RELOAD_APPLIED, IN_CONF(home.listen), .since = "4", \
          .help = "Endpoints. API and server must have the same if their plain ports are the same, and different " \
                  "ones otherwise." }, \
        { .name = "key", .type = CONF_STRING, .unit = "path", .def = "./conf/server.key", .flags = CONF_EMPTY_COUNTS, \
          .reload = RELOAD_LIVE, IN_CONF(home.key), .since = "4", .help = "Private key, PEM." }, \
        { .name = "cert", .type = CONF_STRING, .unit = "path", .def = "./conf/server.crt", .flags = CONF_EMPTY_COUNTS, \
          .reload = RELOAD_LIVE, IN_CONF(home.cert), .since = "4", .help = "Certificate chain, PEM." }, \
    }

HTTPS_ROWS(api_https_rows, http_api.https, "1990");
static const struct conf_block api_https_block = { CONF_ROWS(api_https_rows), .unchecked = true };

static const struct directive raw_api_rows[] = {
    { .name = "enabled", .type = CONF_BOOL, .def = "off", .reload = RELOAD_LIVE, IN_CONF(http_api.raw_api),
      .since = "3", .help = "Serve /api/v1/raw." },
    { .name = "allow_reload", .type = CONF_BOOL, .def = "off", .reload = RELOAD_LIVE, IN_CONF(http_api.raw_api_reload),
      .since = "3", .help = "Let clients of /api/v1/raw reload the configuration." },
    { .name = "allow_query", .type = CONF_BOOL, .def = "off", .reload = RELOAD_LIVE, IN_CONF(http_api.raw_api_query),
      .since = "3", .help = "Show the configuration, by /api/v1/config and rpc=query, to this host and to whoever has the password of auth." },
    { .name = "allow_update", .type = CONF_BOOL, .def = "off", .reload = RELOAD_LIVE, IN_CONF(http_api.raw_api_update),
      .since = "3", .help = "Let them change it, and its file, by /api/v1/config and rpc=update." },
};
static const struct conf_block raw_api_block = { CONF_ROWS(raw_api_rows) };

static const struct directive auth_rows[] = {
    { .name = "enabled", .type = CONF_BOOL, .def = "off", .flags = CONF_EMPTY_COUNTS | CONF_GUARD, IN_CONF(http_api.auth),
      .since = "5", .help = "Require user and password (HTTP Basic) on every path of the API." },
    { .name = "username", .type = CONF_STRING, .flags = CONF_EMPTY_COUNTS, IN_CONF(http_api.username), .since = "5",
      .example = "admin", .help = "Name of the user." },
    { .name = "password", .type = CONF_STRING, .flags = CONF_EMPTY_COUNTS | CONF_SECRET, IN_CONF(http_api.password),
      .since = "5", .example = "admin", .help = "Password of the user." },
};
static const struct conf_block auth_block = { CONF_ROWS(auth_rows) };

static const struct directive api_rows[] = {
    { .name = "enabled", .type = CONF_BOOL, .def = "off", .reload = RELOAD_APPLIED, IN_CONF(http_api.enabled),
      .since = "1", .help = "Serve the API." },
    { .name = "listen", .type = CONF_LIST, .unit = "[ip:]port ...", .def = "127.0.0.1:1985", .flags = CONF_ENV_LIST,
      .reload = RELOAD_APPLIED, IN_CONF(http_api.listen), .since = "1",
      .help = "Endpoints; 1985 means every address, and asks for auth. When the words are the same as in "
              "http_server.listen, the API is served on the ports of the HTTP server." },
    { .name = "crossdomain", .type = CONF_BOOL, .def = "on", IN_CONF(http_api.crossdomain), .since = "2",
      .help = "Let web pages of other sites use the API (CORS)." },
    { .name = "jsonp_delete", .type = CONF_BOOL, .def = "off", IN_CONF(http_api.jsonp_delete), .since = "ours",
      .help = "Let GET with callback=f&method=DELETE end a client even if the request names no page. Pages of this "
              "host may always do that, pages of other sites never." },
    { .name = "trusted_hosts", .type = CONF_LIST, .unit = "name|.domain ...|any", .flags = CONF_ENV_LIST,
      .reload = RELOAD_LIVE, IN_CONF(http_api.trusted_hosts), .since = "ours", .example = "console.example.com",
      .help = "More host names under which the API answers; web pages of these hosts may use all of it." },
    { .name = "https", .type = CONF_BLOCK, .state = CONF_BUILT, .children = &api_https_block, .since = "4",
      .help = "The API over HTTPS." },
    { .name = "raw_api", .type = CONF_BLOCK, .state = CONF_BUILT, .children = &raw_api_block, .since = "3",
      .help = "Commands to the server itself." },
    { .name = "auth", .type = CONF_BLOCK, .state = CONF_BUILT, .children = &auth_block, .since = "5",
      .help = "A password for the API." },
};
const struct conf_block conf_http_api_block = { CONF_ROWS(api_rows) };

HTTPS_ROWS(server_https_rows, http_server.https, "8088");
static const struct conf_block server_https_block = { CONF_ROWS(server_https_rows), .unchecked = true };

static const struct directive server_rows[] = {
    { .name = "enabled", .type = CONF_BOOL, .def = "off", .reload = RELOAD_APPLIED, IN_CONF(http_server.enabled),
      .since = "1", .help = "Serve files and live streams over HTTP." },
    { .name = "listen", .type = CONF_LIST, .unit = "[ip:]port ...", .def = "8080", .flags = CONF_ENV_LIST,
      .reload = RELOAD_APPLIED, IN_CONF(http_server.listen), .since = "1", .help = "Endpoints." },
    { .name = "dir", .type = CONF_STRING, .unit = "path", .def = "./objs/nginx/html",
      .reload = RELOAD_LIVE, IN_CONF(http_server.dir), .since = "1",
      .help = "Root of the files for paths that belong to no vhost." },
    { .name = "crossdomain", .type = CONF_BOOL, .def = "on", IN_CONF(http_server.crossdomain), .since = "3",
      .help = "Let web pages of other sites use this server (CORS)." },
    { .name = "https", .type = CONF_BLOCK, .state = CONF_BUILT, .children = &server_https_block, .since = "4",
      .help = "The same over HTTPS." },
};
const struct conf_block conf_http_server_block = { CONF_ROWS(server_rows), .called = "http_stream" };

static const struct directive static_rows[] = {
    { .name = "enabled", .type = CONF_BOOL, .def = "off", .reload = RELOAD_LIVE, IN_VHOST(http_static.enabled),
      .since = "1", .help = "Serve files of this vhost." },
    { .name = "mount", .type = CONF_STRING, .unit = "[host]/path", .def = "[vhost]/",
      .reload = RELOAD_LIVE, IN_VHOST(http_static.mount), .since = "1",
      .help = "URL path of the files, behind a host name. __defaultVhost__/ means any host." },
    { .name = "dir", .type = CONF_STRING, .unit = "path", .def = "./objs/nginx/html",
      .reload = RELOAD_LIVE, IN_VHOST(http_static.dir), .since = "1",
      .help = "Directory of the files; may contain [vhost]." },
};
const struct conf_block conf_http_static_block = { CONF_ROWS(static_rows) };

static const struct directive remux_rows[] = {
    { .name = "enabled", .type = CONF_BOOL, .def = "off", .reload = RELOAD_LIVE, IN_VHOST(http_remux.enabled),
      .since = "2", .help = "Serve live streams over HTTP." },
    { .name = "mount", .type = CONF_STRING, .unit = "path", .def = "[vhost]/[app]/[stream].flv",
      .reload = RELOAD_LIVE, IN_VHOST(http_remux.mount), .since = "2",
      .help = "URL of a stream, behind a host name; the ending .flv, .ts, .aac or .mp3 chooses the format. .ts "
              "excludes hls." },
    { .name = "fast_cache", .type = CONF_SECONDS_FLOAT, .def = "0", .min = 0, .max = 86400,
      IN_VHOST(http_remux.fast_cache_us), .since = "2",
      .help = "For .aac and .mp3: keep this much of the stream, and start players with it." },
    { .name = "drop_if_not_match", .type = CONF_BOOL, .def = "on", IN_VHOST(http_remux.drop_if_not_match), .since = "5",
      .help = "Drop audio or video that the FLV header says is absent." },
    { .name = "has_audio", .type = CONF_BOOL, .def = "on", IN_VHOST(http_remux.has_audio), .since = "5",
      .help = "The FLV header promises audio." },
    { .name = "has_video", .type = CONF_BOOL, .def = "on", IN_VHOST(http_remux.has_video), .since = "5",
      .help = "The FLV header promises video." },
    { .name = "guess_has_av", .type = CONF_BOOL, .def = "on", IN_VHOST(http_remux.guess_has_av), .since = "5",
      .help = "Promise audio or video only if the stream has it and the two above allow it. Off: they alone decide." },
    { .name = "wait", .type = CONF_SECONDS, .def = "3600", .min = 0, .max = 31536000, IN_VHOST(http_remux.wait_us),
      .since = "ours", .help = "How long a player may wait for a publisher; 0: 404 at once." },
    { .name = "hstrs", .type = CONF_ANYTHING, .flags = CONF_LEGACY | CONF_NO_ENV, .since = "2",
      .help = "Removed; always on." },
};
const struct conf_block conf_http_remux_block = { CONF_ROWS(remux_rows) };

#define HOOK(called, release, text) \
    { .name = #called, .type = CONF_LIST, .unit = "URL ...", .flags = CONF_ENV_LIST, .reload = RELOAD_LIVE, \
      IN_VHOST(hooks.called), .since = release, .example = "http://127.0.0.1:8085/api/v1/hooks", .help = text }

static const struct directive hooks_rows[] = {
    { .name = "enabled", .type = CONF_BOOL, .def = "off", .flags = CONF_GUARD, .reload = RELOAD_LIVE,
      IN_VHOST(hooks.enabled), .since = "1", .help = "Call the URLs below." },
    HOOK(on_connect, "1", "A client connects; the answer must be yes (POST)."),
    HOOK(on_close, "1", "It has gone (POST)."),
    HOOK(on_publish, "1", "A client wants to publish; the answer must be yes (POST)."),
    HOOK(on_unpublish, "1", "It publishes no more (POST)."),
    HOOK(on_play, "1", "A client wants to play; the answer must be yes (POST)."),
    HOOK(on_stop, "1", "It plays no more (POST)."),
    HOOK(on_dvr, "2", "A recorded file is complete (POST)."),
    HOOK(on_hls, "2", "An HLS segment is complete (POST)."),
    { .name = "on_hls_notify", .type = CONF_LIST, .unit = "URL ...", .flags = CONF_ENV_LIST, .reload = RELOAD_LIVE,
      IN_VHOST(hooks.on_hls_notify), .since = "2",
      .example = "http://127.0.0.1:8085/api/v1/hls/[app]/[stream]/[ts_url][param]",
      .help = "The same by GET, to fill a cache: the URL may contain [server_id] [service_id] [app] [stream] "
              "[param] [ts_url]." },
    HOOK(on_update, "ours", "Each update_interval for each publisher and player, and at its end: bytes, frames, quality (POST)."),
    { .name = "update_interval", .type = CONF_SECONDS_FLOAT, .def = "10", .min = 0.1, .max = 86400,
      .reload = RELOAD_LIVE, IN_VHOST(hooks.update_interval_us), .since = "ours", .help = "The time between two on_update." },
    HOOK(on_batch, "ours", "All events of the vhost, many at a time, as a JSON array (POST)."),
    { .name = "batch_events", .type = CONF_INT, .def = "100", .min = 1, .max = 1000, .reload = RELOAD_LIVE,
      IN_VHOST(hooks.batch_events), .since = "ours", .help = "The most events in one on_batch." },
    { .name = "batch_time", .type = CONF_SECONDS_FLOAT, .def = "1", .min = 0.01, .max = 60, .reload = RELOAD_LIVE,
      IN_VHOST(hooks.batch_us), .since = "ours", .help = "How long the first event of a batch waits for others." },
    { .name = "timeout", .type = CONF_SECONDS_FLOAT, .def = "30", .min = 0.1, .max = 300, .reload = RELOAD_LIVE,
      IN_VHOST(hooks.timeout_us), .since = "ours",
      .help = "How long one call may take. No answer in this time is a refusal." },
    { .name = "timeouts", .type = CONF_LIST, .unit = "EVENT=seconds ...", .flags = CONF_ENV_LIST, .reload = RELOAD_LIVE,
      IN_VHOST(hooks.timeouts), .since = "ours", .example = "on_publish=3 on_play=0.5",
      .help = "The time of calls of single events, 0.1...300." },
    { .name = "answers_act", .type = CONF_BOOL, .def = "off", .reload = RELOAD_LIVE, IN_VHOST(hooks.answers_act),
      .since = "ours",
      .help = "Answers to on_connect, on_publish and on_play may send the client elsewhere (redirect), name the stream "
              "(stream), and limit the time (limit_seconds) and the bit rate (limit_kbps)." },
    { .name = "tls_verify", .type = CONF_BOOL, .def = "off", .reload = RELOAD_LIVE, IN_VHOST(hooks.tls_verify),
      .since = "ours", .help = "Check the certificate of an https URL: its name, and that tls_ca leads to it." },
    { .name = "tls_ca", .type = CONF_STRING, .unit = "path", .reload = RELOAD_LIVE, IN_VHOST(hooks.tls_ca),
      .since = "ours", .example = "./conf/ca.pem",
      .help = "PEM file of the certificates that tls_verify trusts. None: those of the system." },
    { .name = "secret", .type = CONF_STRING, .flags = CONF_SECRET, .reload = RELOAD_LIVE, IN_VHOST(hooks.secret),
      .since = "ours", .example = "changeme", .help = "Sign each call with this secret, by HMAC-SHA256. None: calls are not signed." },
    { .name = "fail_open", .type = CONF_LIST, .unit = "on_connect on_publish on_play", .flags = CONF_ENV_LIST,
      .reload = RELOAD_LIVE, IN_VHOST(hooks.fail_open), .since = "ours", .example = "on_play",
      .help = "Events that let a client in when the URL cannot be asked: nobody there, no answer in time, a broken one. A "
              "refusal refuses all the same. None: all refuse." },
    { .name = "journal", .type = CONF_STRING, .unit = "path", .reload = RELOAD_LIVE, IN_VHOST(hooks.journal),
      .since = "ours", .example = "./objs/hooks",
      .help = "Folder of a journal: events whose answer decides nothing are kept there until their URL has got them, also "
              "over a restart. None: a call that fails is not repeated." },
    { .name = "journal_mb", .type = CONF_INT, .unit = "MiB", .def = "256", .min = 4, .max = 65536,
      .reload = RELOAD_LIVE, IN_VHOST(hooks.journal_mb), .since = "ours",
      .help = "Length of the journal. Events beyond it are in memory only." },
    { .name = "journal_age", .type = CONF_DURATION, .def = "7d", .min = 1, .max = 31536000, .reload = RELOAD_LIVE,
      IN_VHOST(hooks.journal_age_us), .since = "ours", .help = "An event that is older is given up." },
};
const struct conf_block conf_http_hooks_block = { CONF_ROWS(hooks_rows) };
