/* Who may publish and play in a vhost, as tokens say. */
#include "app/conf/directive.h"

/* clang-format off */

#define SCHEMES "all|sign|password|jwt|secure_link|auth_key|tx_secret|edge_auth|sign_t|ws_secret|hw_secret ..."

static const struct directive auth_rows[] = {
    { .name = "enabled", .type = CONF_BOOL, .def = "off", .flags = CONF_GUARD, .reload = RELOAD_LIVE, IN_VHOST(auth.enabled),
      .since = "ours", .help = "Ask for tokens. Enabled without publish or play refuses everybody who publishes or plays." },
    { .name = "publish", .type = CONF_LIST, .unit = SCHEMES, .reload = RELOAD_LIVE, IN_VHOST(auth.publish),
      .since = "ours", .example = "sign", .help = "Schemes of which one must let a publisher in; all asks nobody." },
    { .name = "play", .type = CONF_LIST, .unit = SCHEMES, .reload = RELOAD_LIVE, IN_VHOST(auth.play),
      .since = "ours", .example = "sign", .help = "The same for players." },
    { .name = "user", .type = CONF_LIST, .unit = "name password", .flags = CONF_REPEAT | CONF_SECRET, .reload = RELOAD_LIVE,
      IN_VHOST(auth.users), .since = "ours", .example = "ann changeme",
      .help = "A user of password. The password may be kept as sha256:SALT:DIGEST; then it works over HTTP alone." },
    { .name = "secret", .type = CONF_LIST, .unit = "secret ...", .flags = CONF_SECRET, .reload = RELOAD_LIVE,
      IN_VHOST(auth.secrets), .since = "ours", .example = "changeme",
      .help = "Keys of all schemes but secure_link; of jwt for HS256. Each of them is good, so that a new one can be added before the old one goes." },
    { .name = "secure_link_md5", .type = CONF_STRING, .unit = "expression", .flags = CONF_SECRET, .reload = RELOAD_LIVE,
      IN_VHOST(auth.secure_link), .since = "ours", .example = "$secure_link_expires$uri changeme",
      .help = "What is hashed, as nginx has it: text with the secret in it, $secure_link_expires, $uri (/app/stream.flv), $remote_addr." },
    { .name = "auth_key_valid", .type = CONF_SECONDS, .def = "0", .min = 0, .max = 31536000, .reload = RELOAD_LIVE,
      IN_VHOST(auth.auth_key_valid_us), .since = "ours",
      .help = "How long a link of auth_key, sign_t, ws_secret and hw_secret is good after the time in it. 0: that time is when it expires." },
    { .name = "jwt_key", .type = CONF_LIST, .unit = "path|URL ...", .reload = RELOAD_LIVE, IN_VHOST(auth.jwt_keys),
      .since = "ours", .example = "./conf/jwt.pem",
      .help = "PEM files of public keys, and URLs of JSON Web Key Sets: RSA of 2048 to 4096 bits for RS256, P-256 for ES256. They are read again each minute." },
    { .name = "jwt_param", .type = CONF_STRING, .def = "token", .reload = RELOAD_LIVE, IN_VHOST(auth.jwt_param),
      .since = "ours", .help = "Parameter of the URL that has the token. Over HTTP Authorization: Bearer works as well." },
    { .name = "jwt_issuer", .type = CONF_STRING, .reload = RELOAD_LIVE, IN_VHOST(auth.jwt_issuer), .since = "ours",
      .example = "https://id.example.com", .help = "The claim iss that a token must have. None: any." },
    { .name = "jwt_audience", .type = CONF_STRING, .reload = RELOAD_LIVE, IN_VHOST(auth.jwt_audience), .since = "ours",
      .example = "live", .help = "A word that the claim aud must have. None: a token may have any, or none." },
};

const struct conf_block conf_auth_block = { CONF_ROWS(auth_rows) };
