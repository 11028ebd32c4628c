/* The root of the file: the process, its log, its limits, and the blocks. */
#include "app/conf/directive.h"

/* clang-format off */

static const char *const tanks[] = { "file", "console", NULL };
static const char *const old_levels[] = { "verbose", "info", "trace", "warn", "error", "off", NULL };
static const char *const levels[] = { "trace", "debug", "info", "warn", "error", "off", NULL };

static const struct directive rows[] = {
    { .name = "include", .type = CONF_LIST, .unit = "file ...", .flags = CONF_REPEAT | CONF_NO_ENV,
      .state = CONF_BUILT, .since = "5", .example = "",
      .help = "Is replaced by the directives of other files; allowed in every block. Names are relative to the "
              "directory in which the server was started." },

    /* RTMP and limits */
    { .name = "listen", .type = CONF_LIST, .unit = "[ip:]port ...", .flags = CONF_ENV_LIST,
      .env = "SRS_LISTEN SRS_RTMP_LISTEN", .reload = RELOAD_APPLIED, IN_CONF(listen), .since = "1", .example = "1935",
      .help = "Endpoints for RTMP, several on one line; [::]:1935 for IPv6. Required." },
    { .name = "reuse_port", .type = CONF_BOOL, .def = "off", .reload = RELOAD_LIVE, IN_CONF(reuse_port),
      .since = "ours",
      .help = "Share listen ports with other processes (SO_REUSEPORT). Off: a port that is in use is an error." },
    { .name = "io_uring", .type = CONF_BOOL, .def = "on", .reload = RELOAD_RESTART, IN_CONF(io_uring), .since = "ours",
      .help = "Write to many players by one system call, where the kernel supports it. Off: by one call for each "
              "player." },
    { .name = "allow_unbuilt", .type = CONF_BOOL, .def = "off", .state = CONF_IGNORED, .since = "ours",
      .help = "No vhost is refused any more because something is not built." },
    { .name = "max_connections", .type = CONF_INT, .def = "1000", .reload = RELOAD_LIVE, IN_CONF(max_connections),
      .since = "1",
      .help = "Most TCP clients at one time; a further one is closed at once. The limit of open files must exceed "
              "this by more than 128." },
    { .name = "newcomers_per_ip", .type = CONF_INT, .def = "0", .min = 0, .max = 1000000, .reload = RELOAD_LIVE,
      IN_CONF(newcomers_per_ip), .since = "ours", .example = "100",
      .help = "Most connections of one address, over all ports, that have not said yet what they want: no stream over RTMP, no request over "
              "HTTP. A further one is closed at once. 0: any number." },
    { .name = "memory_limit", .type = CONF_STRING, .unit = "percent|bytes[k|m|g]|off", .def = "50%",
      .reload = RELOAD_APPLIED, IN_CONF(memory_limit), .since = "ours",
      .help = "Most memory that the server holds for all connections and streams together. A percentage is a share "
              "of the memory of the machine or of the limit of the control group. Beyond the limit GOP caches and slow players are "
              "dropped first, then new clients are refused." },
    { .name = "chunk_size", .type = CONF_INT, .unit = "bytes", .def = "60000", .min = 128, .max = 65536,
      .env = "SRS_VHOST_CHUNK_SIZE SRS_RTMP_CHUNK_SIZE", .reload = RELOAD_LIVE, IN_CONF(chunk_size), .since = "1",
      .help = "Size of the RTMP chunks that the server sends; a vhost may have its own." },
    { .name = "empty_ip_ok", .type = CONF_BOOL, .def = "on", .reload = RELOAD_LIVE, IN_CONF(empty_ip_ok), .since = "3",
      .help = "Serve clients whose address cannot be found." },

    { .name = "trusted_proxies", .type = CONF_LIST, .unit = "address|range ...|none", .flags = CONF_ENV_LIST,
      .def = "127.0.0.0/8 ::1", .reload = RELOAD_LIVE, IN_CONF(trusted_proxies), .since = "ours",
      .help = "Proxies that may name the address of a client: in X-Forwarded-For and X-Real-IP, in a PROXY header, in "
              "the RTMP proxy prefix. SRS trusts every peer." },
    { .name = "proxy_protocol", .type = CONF_BOOL, .def = "off", .reload = RELOAD_LIVE, IN_CONF(proxy_protocol),
      .since = "ours",
      .help = "Connections from trusted proxies may begin with a header of the PROXY protocol, version 1 or 2." },

    /* the process */
    { .name = "daemon", .type = CONF_BOOL, .def = "on", .reload = RELOAD_RESTART, IN_CONF(daemon), .since = "1",
      .help = "Go to the background." },
    { .name = "asprocess", .type = CONF_BOOL, .def = "off", .reload = RELOAD_RESTART, IN_CONF(asprocess), .since = "2",
      .help = "End when the parent process ends. Excludes daemon." },
    { .name = "pid", .type = CONF_STRING, .unit = "path", .def = "./objs/srs.pid", .reload = RELOAD_RESTART,
      IN_CONF(pid), .since = "1",
      .help = "File with the process id, locked while the server runs. The identity of the server is in a file "
              "beside it, with .id in place of .pid." },
    { .name = "work_dir", .type = CONF_STRING, .unit = "path", .def = "./", .reload = RELOAD_RESTART,
      IN_CONF(work_dir), .since = "2",
      .help = "Working directory after the configuration has been read; relative paths start there." },
    { .name = "server_id", .type = CONF_STRING, .reload = RELOAD_RESTART, IN_CONF(server_id), .since = "4",
      .example = "vid-origin1",
      .help = "Name of this server in API, callbacks and heartbeat. Absent: the name in the .id file, which is "
              "random at first." },
    { .name = "utc_time", .type = CONF_BOOL, .def = "off", .reload = RELOAD_APPLIED, IN_CONF(utc_time), .since = "2",
      .help = "UTC in place of local time, in log lines and in the time variables of paths." },
    { .name = "grace_start_wait", .type = CONF_MS, .def = "2300", .min = 0, .max = 86400000, .reload = RELOAD_LIVE,
      IN_CONF(grace_start_wait_us), .since = "3",
      .help = "Graceful stop: how long to wait before the listeners are closed." },
    { .name = "grace_final_wait", .type = CONF_MS, .def = "3200", .min = 0, .max = 86400000, .reload = RELOAD_LIVE,
      IN_CONF(grace_final_wait_us), .since = "3", .help = "Graceful stop: how long to wait after the last client." },
    { .name = "force_grace_quit", .type = CONF_BOOL, .def = "off", .reload = RELOAD_LIVE, IN_CONF(force_grace_quit),
      .since = "3", .help = "SIGTERM stops gracefully, as SIGQUIT does." },
    { .name = "disable_daemon_for_docker", .type = CONF_BOOL, .def = "on", .reload = RELOAD_RESTART,
      .state = CONF_BUILT, .since = "3", .help = "In a container, stay in the foreground even with daemon on." },
    { .name = "inotify_auto_reload", .type = CONF_BOOL, .def = "off", .reload = RELOAD_RESTART,
      IN_CONF(inotify_auto_reload), .since = "3", .help = "Reload when the file changes." },
    { .name = "auto_reload_for_docker", .type = CONF_BOOL, .def = "on", .reload = RELOAD_RESTART, .state = CONF_BUILT,
      .since = "3", .help = "In a container, reload when the file changes even with inotify_auto_reload off." },
    { .name = "in_docker", .type = CONF_BOOL, .def = "off", .flags = CONF_EMPTY_COUNTS, .reload = RELOAD_RESTART,
      IN_CONF(in_docker), .since = "4",
      .help = "Behave as in a container even if none is detected; off does not undo a detection." },
    { .name = "is_full", .type = CONF_BOOL, .def = "off", .flags = CONF_NO_ENV, .reload = RELOAD_NONE,
      .state = CONF_BUILT, .since = "4",
      .help = "Marks a file that is only for reading, such as full.conf: the server refuses to run with it." },

    /* the log */
    { .name = "srs_log_tank", .type = CONF_ENUM, .words = tanks, .def = "file", .env = "SRS_SRS_LOG_TANK SRS_LOG_TANK",
      .reload = RELOAD_APPLIED, .state = CONF_BUILT, .since = "1",
      .help = "Output of the log. In a container, and with -e, the default is console." },
    { .name = "srs_log_level", .type = CONF_ENUM, .words = old_levels, .other = 2, .def = "trace",
      .env = "SRS_SRS_LOG_LEVEL SRS_LOG_LEVEL", .reload = RELOAD_APPLIED, .state = CONF_BUILT, .since = "1",
      .help = "Least level that is logged, in the old words: trace means what is usually called info." },
    { .name = "srs_log_level_v2", .type = CONF_ENUM, .words = levels, .other = 2,
      .env = "SRS_SRS_LOG_LEVEL_V2 SRS_LOG_LEVEL_V2", .reload = RELOAD_APPLIED, .state = CONF_BUILT, .since = "5",
      .example = "info", .help = "The same in the usual words. Wins over srs_log_level." },
    { .name = "srs_log_file", .type = CONF_STRING, .unit = "path", .def = "./objs/srs.log",
      .env = "SRS_SRS_LOG_FILE SRS_LOG_FILE", .reload = RELOAD_APPLIED, .state = CONF_BUILT, .since = "1",
      .help = "Log file for tank file. After it has been moved away, SIGUSR1 makes the server open it again." },
    { .name = "pithy_print_ms", .type = CONF_MS, .def = "10000", .min = 1, .max = 86400000, .reload = RELOAD_APPLIED,
      IN_CONF(pithy_print_us), .since = "2", .help = "Interval of the log lines about the progress of each client." },
    { .name = "ff_log_dir", .type = CONF_STRING, .unit = "path", .def = "./objs", IN_CONF(ff_log_dir), .since = "1",
      .help = "Directory for the logs of ffmpeg processes, from their next start; /dev/null: no logs." },
    { .name = "ff_log_level", .type = CONF_STRING, .def = "info", IN_CONF(ff_log_level), .since = "3",
      .help = "Log level for ffmpeg processes, a word that ffmpeg knows." },

    /* the blocks */
    { .name = "vhost", .type = CONF_BLOCK, .children = &conf_vhost_block,
      .flags = CONF_REPEAT | CONF_BY_NAME | CONF_CHECK_ALL, .reload = RELOAD_APPLIED, .state = CONF_BUILT,
      CONF_BLOCKS(struct conf, vhosts, n_vhosts), .unit = "NAME", .since = "1", .example = "__defaultVhost__",
      .help = "Settings for the streams of one virtual host. __defaultVhost__ serves all names without a vhost of "
              "their own." },
    { .name = "rtmp", .type = CONF_BLOCK, .children = &conf_rtmp_block, .state = CONF_BUILT, .flags = CONF_NO_ENV,
      .since = "7 (2025)", .help = "Another place for listen and chunk_size. Those of the root win." },
    { .name = "rtmps", .type = CONF_BLOCK, .state = CONF_BUILT, .children = &conf_rtmps_block, .since = "7 (2025)", .help = "RTMP over TLS." },
    { .name = "rtsp_server", .type = CONF_BLOCK, .children = &conf_rtsp_server_block, .since = "7 (2025)",
      .help = "Playing by RTSP." },
    { .name = "http_api", .type = CONF_BLOCK, .state = CONF_BUILT, .children = &conf_http_api_block, .since = "1",
      .help = "The HTTP API: the state of the server, and a few commands." },
    { .name = "http_server", .type = CONF_BLOCK, .state = CONF_BUILT, .children = &conf_http_server_block, .since = "2",
      .help = "Files, HLS, DASH and live streams over HTTP." },
    { .name = "http_stream", .type = CONF_BLOCK, .children = &conf_http_server_block, .flags = CONF_LEGACY,
      .since = "1", .help = "Old name of http_server." },
    { .name = "rtc_server", .type = CONF_BLOCK, .state = CONF_BUILT, .children = &conf_rtc_server_block, .since = "4", .help = "WebRTC." },
    { .name = "srt_server", .type = CONF_BLOCK, .children = &conf_srt_server_block, .since = "4", .help = "SRT." },
    { .name = "stream_caster", .type = CONF_BLOCK, .state = CONF_BUILT, .children = &conf_stream_caster_block,
      .flags = CONF_REPEAT | CONF_NO_ENV, .reload = RELOAD_APPLIED,
      CONF_BLOCKS(struct conf, stream_casters, n_stream_casters), .since = "2",
      .help = "Another way in for streams: by UDP, or by HTTP POST." },
    { .name = "heartbeat", .type = CONF_BLOCK, .state = CONF_BUILT, .children = &conf_heartbeat_block, .since = "1",
      .help = "Regular reports to an HTTP server." },
    { .name = "stats", .type = CONF_BLOCK, .state = CONF_BUILT, .children = &conf_stats_block, .flags = CONF_NO_ENV,
      .since = "1", .help = "Network interface and disks of the statistics." },
    { .name = "exporter", .type = CONF_BLOCK, .state = CONF_BUILT, .children = &conf_exporter_block, .since = "5",
      .help = "Metrics for Prometheus." },
    { .name = "kafka", .type = CONF_BLOCK, .state = CONF_BUILT, .children = &conf_kafka_block, .since = "ours",
      .help = "The event bus by Kafka." },
    { .name = "circuit_breaker", .type = CONF_BLOCK, .state = CONF_BUILT, .children = &conf_circuit_breaker_block, .since = "4",
      .help = "Makes WebRTC do less when the loop has no time left." },

    /* accepted, without effect */
    { .name = "threads", .type = CONF_BLOCK, .children = &conf_threads_block, .state = CONF_IGNORED,
      .reload = RELOAD_NONE, .since = "5", .help = "Was: statistics of threads." },
    { .name = "pithy_print", .type = CONF_BLOCK, .children = &conf_pithy_print_block, .flags = CONF_NO_ENV,
      .state = CONF_IGNORED, .reload = RELOAD_NONE, .since = "1",
      .help = "Was: intervals that pithy_print_ms replaces." },
    { .name = "tencentcloud_cls", .type = CONF_BLOCK, .children = &conf_cls_block, .state = CONF_IGNORED,
      .reload = RELOAD_NONE, .since = "5", .help = "Was: reports to a log service of one vendor." },
    { .name = "tencentcloud_apm", .type = CONF_BLOCK, .children = &conf_apm_block, .state = CONF_IGNORED,
      .reload = RELOAD_NONE, .since = "5", .help = "Was: reports to a trace service of one vendor." },
    { .name = "tcmalloc_release_rate", .type = CONF_FLOAT, .def = "0.8", .min = 0, .max = 10, .state = CONF_IGNORED,
      .reload = RELOAD_NONE, .since = "4", .help = "Was: tuning of an allocator that is not used here." },
    { .name = "query_latest_version", .type = CONF_BOOL, .def = "off",
      .flags = CONF_EMPTY_COUNTS | CONF_ON_UNLESS_OFF | CONF_ENV_NEEDS_ON, .state = CONF_IGNORED,
      .reload = RELOAD_NONE, .since = "4",
      .help = "Was: ask the vendor for a newer version. This server contacts no vendor." },
    { .name = "first_wait_for_qlv", .type = CONF_SECONDS, .def = "300", .flags = CONF_EMPTY_COUNTS,
      .state = CONF_IGNORED, .reload = RELOAD_NONE, .since = "4", .help = "Was: the wait before that question." },
};

const struct conf_block conf_root_block = { CONF_ROWS(rows) };
