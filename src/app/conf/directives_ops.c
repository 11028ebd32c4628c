/* Supervision of the server: reports, statistics, metrics, load, and former directives of that kind. */
#include "app/conf/directive.h"

/* clang-format off */

static const struct directive heartbeat_rows[] = {
    { .name = "enabled", .type = CONF_BOOL, .def = "off", .reload = RELOAD_APPLIED, IN_CONF(heartbeat.enabled),
      .since = "1", .help = "POST a JSON report to the URL regularly." },
    { .name = "interval", .type = CONF_SECONDS, .def = "10", .min = 1, .max = 86400, .reload = RELOAD_APPLIED,
      IN_CONF(heartbeat.interval_us), .since = "1", .help = "Interval of the reports; at least 1." },
    { .name = "url", .type = CONF_STRING, .unit = "URL", .def = "http://127.0.0.1:8085/api/v1/servers",
      IN_CONF(heartbeat.url), .since = "1", .help = "URL that gets the report." },
    { .name = "device_id", .type = CONF_STRING, IN_CONF(heartbeat.device_id), .since = "1", .example = "my-device",
      .help = "Name of this machine in the report." },
    { .name = "summaries", .type = CONF_BOOL, .def = "off", IN_CONF(heartbeat.summaries), .since = "1",
      .help = "Add the API's summaries to the report." },
    { .name = "ports", .type = CONF_BOOL, .def = "off", IN_CONF(heartbeat.ports), .since = "5",
      .help = "Add the endpoints to the report, so that a proxy can send clients here." },
};
const struct conf_block conf_heartbeat_block = { CONF_ROWS(heartbeat_rows) };

static const struct directive stats_rows[] = {
    { .name = "enabled", .type = CONF_BOOL, .def = "on", IN_CONF(stats.enabled), .since = "4",
      .help = "Measure CPU, memory, network and disks regularly. Off: only the CPU." },
    { .name = "network", .type = CONF_INT, .unit = "index", .def = "0", IN_CONF(stats.network), .since = "1",
      .help = "Which of the local addresses is the server's own: 0 is the first." },
    { .name = "disk", .type = CONF_LIST, .unit = "device ...", IN_CONF(stats.disk), .since = "1", .example = "sda",
      .help = "Disks to measure, by their names in /proc/diskstats. Absent: no disk." },
};
const struct conf_block conf_stats_block = { CONF_ROWS(stats_rows) };

static const struct directive exporter_rows[] = {
    { .name = "enabled", .type = CONF_BOOL, .def = "off", .flags = CONF_EMPTY_COUNTS, .reload = RELOAD_APPLIED,
      IN_CONF(exporter.enabled), .since = "5", .help = "Serve metrics for Prometheus." },
    { .name = "listen", .type = CONF_LIST, .unit = "[ip:]port ...", .def = "9972",
      .flags = CONF_EMPTY_COUNTS | CONF_ENV_LIST, .reload = RELOAD_APPLIED, IN_CONF(exporter.listen), .since = "5",
      .help = "Endpoints. They serve /metrics and nothing else; the ports of the API serve it too." },
    { .name = "label", .type = CONF_STRING, .flags = CONF_EMPTY_COUNTS, .reload = RELOAD_LIVE,
      IN_CONF(exporter.label), .since = "5", .example = "cn-beijing", .help = "A label of the build metric." },
    { .name = "tag", .type = CONF_STRING, .flags = CONF_EMPTY_COUNTS, .reload = RELOAD_LIVE, IN_CONF(exporter.tag),
      .since = "5", .example = "cn-edge", .help = "Another label of the build metric." },
    { .name = "streams", .type = CONF_INT, .def = "100", .min = 0, .max = 1000, .reload = RELOAD_LIVE,
      IN_CONF(exporter.streams), .since = "ours",
      .help = "Streams that have metrics of their own: those with the most bytes. All others are summed up." },
};
const struct conf_block conf_exporter_block = { CONF_ROWS(exporter_rows) };

static const struct directive kafka_rows[] = {
    { .name = "enabled", .type = CONF_BOOL, .def = "off", .reload = RELOAD_LIVE, IN_CONF(kafka.enabled), .since = "ours",
      .help = "Send the events of all vhosts to Kafka." },
    { .name = "brokers", .type = CONF_LIST, .unit = "host:port ...", .flags = CONF_ENV_LIST, .reload = RELOAD_LIVE,
      IN_CONF(kafka.brokers), .since = "ours", .example = "127.0.0.1:9092", .help = "Where the cluster is found." },
    { .name = "topic", .type = CONF_STRING, .def = "srs", .reload = RELOAD_LIVE, IN_CONF(kafka.topic), .since = "ours",
      .help = "The topic of the messages." },
    { .name = "journal", .type = CONF_STRING, .unit = "path", .reload = RELOAD_LIVE, IN_CONF(kafka.journal),
      .since = "ours", .example = "./objs/kafka",
      .help = "Folder of a journal: events are kept there until the brokers have them. None: what they do not take is lost." },
    { .name = "tls", .type = CONF_BOOL, .def = "off", .reload = RELOAD_LIVE, IN_CONF(kafka.tls), .since = "ours",
      .help = "Connect to the brokers by TLS." },
    { .name = "tls_verify", .type = CONF_BOOL, .def = "on", .reload = RELOAD_LIVE, IN_CONF(kafka.tls_verify),
      .since = "ours", .help = "Check the certificates of the brokers: their names, and that tls_ca leads to them." },
    { .name = "tls_ca", .type = CONF_STRING, .unit = "path", .reload = RELOAD_LIVE, IN_CONF(kafka.tls_ca),
      .since = "ours", .example = "./conf/ca.pem",
      .help = "PEM file of the certificates that tls_verify trusts. None: those of the system." },
    { .name = "tls_cert", .type = CONF_STRING, .unit = "path", .reload = RELOAD_LIVE, IN_CONF(kafka.tls_cert),
      .since = "ours", .example = "./conf/kafka.crt",
      .help = "PEM file of the certificate that is shown to the brokers. None: none is shown." },
    { .name = "tls_key", .type = CONF_STRING, .unit = "path", .reload = RELOAD_LIVE, IN_CONF(kafka.tls_key),
      .since = "ours", .example = "./conf/kafka.key", .help = "PEM file of its key." },
    { .name = "sasl", .type = CONF_STRING, .unit = "PLAIN|SCRAM-SHA-256|SCRAM-SHA-512", .reload = RELOAD_LIVE,
      IN_CONF(kafka.sasl), .since = "ours", .example = "SCRAM-SHA-256",
      .help = "How user and password are shown to the brokers. None: there is no login." },
    { .name = "user", .type = CONF_STRING, .reload = RELOAD_LIVE, IN_CONF(kafka.user), .since = "ours",
      .example = "srs", .help = "The user of the login." },
    { .name = "password", .type = CONF_STRING, .flags = CONF_SECRET, .reload = RELOAD_LIVE, IN_CONF(kafka.password),
      .since = "ours", .example = "changeme", .help = "Its password." },
};
const struct conf_block conf_kafka_block = { CONF_ROWS(kafka_rows) };

#define BREAKER(field, value, counted, text) \
    { .name = #field, .type = CONF_INT, .unit = counted, .def = value, .flags = CONF_EMPTY_COUNTS, \
      .reload = RELOAD_APPLIED, IN_CONF(breaker.field), .since = "4", .help = text }

static const struct directive circuit_breaker_rows[] = {
    { .name = "enabled", .type = CONF_BOOL, .def = "on", .flags = CONF_EMPTY_COUNTS, .reload = RELOAD_APPLIED,
      IN_CONF(breaker.enabled), .since = "4", .help = "Do less for WebRTC when the loop has no time left." },
    BREAKER(high_threshold, "90", "percent", "Share of the time that the loop computes, above which lost packets are no longer asked for."),
    BREAKER(high_pulse, "2", "seconds", "How long the share must stay below the threshold before the level ends."),
    BREAKER(critical_threshold, "95", "percent", "Share above which no feedback is given, nothing is sent again, and new sessions are refused."),
    BREAKER(critical_pulse, "1", "seconds", "How long the share must stay below the threshold before the level ends."),
    BREAKER(dying_threshold, "99", "percent", "Share above which players get nothing any more."),
    BREAKER(dying_pulse, "5", "seconds", "How long without a pause the share must be above the threshold before the level begins; 0: never."),
};
const struct conf_block conf_circuit_breaker_block = { CONF_ROWS(circuit_breaker_rows), .unchecked = true };

#define GONE(called, kind, value) \
    { .name = called, .type = kind, .def = value, .state = CONF_IGNORED, .reload = RELOAD_NONE, .since = "5", \
      .flags = CONF_EMPTY_COUNTS, .help = "Without effect." }

static const struct directive threads_rows[] = { GONE("interval", CONF_SECONDS, "5") };
const struct conf_block conf_threads_block = { CONF_ROWS(threads_rows), .unchecked = true };

#define PITHY(called) \
    { .name = called, .type = CONF_MS, .def = "10000", .state = CONF_IGNORED, .reload = RELOAD_NONE, .since = "1", \
      .help = "Without effect." }

static const struct directive pithy_print_rows[] = {
    PITHY("publish"), PITHY("play"), PITHY("forwarder"), PITHY("encoder"), PITHY("ingester"), PITHY("hls"), PITHY("edge"),
};
const struct conf_block conf_pithy_print_block = { CONF_ROWS(pithy_print_rows), .unchecked = true };

static const struct directive cls_rows[] = {
    GONE("enabled", CONF_BOOL, "off"), GONE("label", CONF_STRING, NULL), GONE("tag", CONF_STRING, NULL),
    GONE("secret_id", CONF_STRING, NULL), GONE("secret_key", CONF_STRING, NULL), GONE("endpoint", CONF_STRING, NULL),
    GONE("topic_id", CONF_STRING, NULL), GONE("debug_logging", CONF_BOOL, "off"),
    GONE("stat_heartbeat", CONF_BOOL, "on"), GONE("heartbeat_ratio", CONF_INT, "1"),
    GONE("stat_streams", CONF_BOOL, "on"), GONE("streams_ratio", CONF_INT, "1"),
};
const struct conf_block conf_cls_block = { CONF_ROWS(cls_rows), .unchecked = true };

static const struct directive apm_rows[] = {
    GONE("enabled", CONF_BOOL, "off"), GONE("team", CONF_STRING, NULL), GONE("token", CONF_STRING, NULL),
    GONE("endpoint", CONF_STRING, NULL), GONE("service_name", CONF_STRING, "srs-server"),
    GONE("debug_logging", CONF_BOOL, "off"),
};
const struct conf_block conf_apm_block = { CONF_ROWS(apm_rows), .unchecked = true };
