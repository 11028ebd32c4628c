/* Bounds of the clients of a vhost. */
#include "app/conf/directive.h"

/* clang-format off */

static const struct directive limits_rows[] = {
    { .name = "enabled", .type = CONF_BOOL, .def = "off", .flags = CONF_GUARD, .reload = RELOAD_LIVE, IN_VHOST(limits.enabled),
      .since = "ours", .help = "Apply the limits." },
    { .name = "connections_per_ip", .type = CONF_INT, .unit = "clients", .def = "0", .min = 0, .max = 2147483647, .reload = RELOAD_LIVE,
      IN_VHOST(limits.connections_per_ip), .since = "ours",
      .help = "Publishers and players of one address at a time. In all of these, an IPv6 address counts by its first 64 bits, and 0 is no limit." },
    { .name = "new_connections_per_ip", .type = CONF_INT, .unit = "a second", .def = "0", .min = 0, .max = 2147483647, .reload = RELOAD_LIVE,
      IN_VHOST(limits.new_connections_per_ip), .since = "ours",
      .help = "Clients of one address that may come within a second; those that are refused count too." },
    { .name = "players", .type = CONF_INT, .unit = "clients", .def = "0", .min = 0, .max = 2147483647, .reload = RELOAD_LIVE,
      IN_VHOST(limits.players), .since = "ours",
      .help = "Players of the vhost at a time." },
    { .name = "players_per_stream", .type = CONF_INT, .unit = "clients", .def = "0", .min = 0, .max = 2147483647, .reload = RELOAD_LIVE,
      IN_VHOST(limits.players_per_stream), .since = "ours",
      .help = "Players of one stream at a time." },
    { .name = "players_per_ip", .type = CONF_INT, .unit = "clients", .def = "0", .min = 0, .max = 2147483647, .reload = RELOAD_LIVE,
      IN_VHOST(limits.players_per_ip), .since = "ours",
      .help = "Players of one address at a time." },
    { .name = "publishers", .type = CONF_INT, .unit = "clients", .def = "0", .min = 0, .max = 2147483647, .reload = RELOAD_LIVE,
      IN_VHOST(limits.publishers), .since = "ours",
      .help = "Publishers of the vhost at a time." },
    { .name = "publishers_per_ip", .type = CONF_INT, .unit = "clients", .def = "0", .min = 0, .max = 2147483647, .reload = RELOAD_LIVE,
      IN_VHOST(limits.publishers_per_ip), .since = "ours",
      .help = "Publishers of one address at a time." },
    { .name = "publisher_kbps", .type = CONF_INT, .unit = "kbps", .def = "0", .min = 0, .max = 2147483647, .reload = RELOAD_APPLIED,
      IN_VHOST(limits.publisher_kbps), .since = "ours",
      .help = "A publisher that sends more than this is ended." },
    { .name = "publisher_kbps_over", .type = CONF_SECONDS, .def = "10", .min = 1, .max = 3600, .reload = RELOAD_APPLIED,
      IN_VHOST(limits.publisher_kbps_over_us), .since = "ours",
      .help = "Publishers are measured over this time, so that a burst does not count." },
    { .name = "wrong_passwords_per_ip", .type = CONF_INT, .unit = "a minute", .def = "10", .min = 0, .max = 2147483647,
      .reload = RELOAD_LIVE, IN_VHOST(limits.wrong_passwords_per_ip), .since = "ours",
      .help = "As many wrong passwords of one address within a minute ban it." },
    { .name = "wrong_passwords_ban", .type = CONF_SECONDS, .def = "600", .min = 1, .max = 31536000, .reload = RELOAD_LIVE,
      IN_VHOST(limits.wrong_passwords_ban_us), .since = "ours", .help = "How long." },
};

const struct conf_block conf_limits_block = { CONF_ROWS(limits_rows) };
