/* Who may publish and play in a vhost, as tokens say. */
#include "app/conf/directive.h"

/* clang-format off */

static const struct directive auth_rows[] = {
    { .name = "enabled", .type = CONF_BOOL, .def = "off", .flags = CONF_GUARD, .reload = RELOAD_LIVE, IN_VHOST(auth.enabled),
      .since = "ours", .help = "Ask for tokens. Enabled without publish or play refuses everybody who publishes or plays." },
    { .name = "publish", .type = CONF_LIST, .unit = "all|sign ...", .reload = RELOAD_LIVE, IN_VHOST(auth.publish),
      .since = "ours", .example = "sign", .help = "Schemes of which one must let a publisher in; all asks nobody." },
    { .name = "play", .type = CONF_LIST, .unit = "all|sign ...", .reload = RELOAD_LIVE, IN_VHOST(auth.play),
      .since = "ours", .example = "sign", .help = "The same for players." },
    { .name = "user", .type = CONF_LIST, .unit = "name password", .flags = CONF_REPEAT | CONF_SECRET, .reload = RELOAD_LIVE,
      IN_VHOST(auth.users), .since = "ours", .example = "ann changeme",
      .help = "A user of password. The password may be kept as sha256:SALT:DIGEST; then it works over HTTP alone." },
    { .name = "secret", .type = CONF_LIST, .unit = "secret ...", .flags = CONF_SECRET, .reload = RELOAD_LIVE,
      IN_VHOST(auth.secrets), .since = "ours", .example = "changeme",
      .help = "Keys of sign. Each of them is good, so that a new one can be added before the old one goes." },
};

const struct conf_block conf_auth_block = { CONF_ROWS(auth_rows) };
