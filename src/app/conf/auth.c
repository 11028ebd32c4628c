#include "app/conf/auth.h"

#include <stddef.h>

#include "core/str.h"

/* clang-format off */
const struct conf_auth_scheme conf_auth_schemes[] = {
    { "sign", { "secret" } },
    { CONF_AUTH_PASSWORD, { "user" } },
    { "secure_link", { "secure_link_md5" } },
    { CONF_AUTH_KEY, { "secret" } },
    { "tx_secret", { "secret" } },
    { "edge_auth", { "secret" } },
    { "sign_t", { "secret" } },
    { "ws_secret", { "secret" } },
    { "hw_secret", { "secret" } },
    { "jwt", { "secret", "jwt_key" } },
    { .name = NULL },
};
/* clang-format on */

bool conf_auth_asks(const struct conf_auth *c, bool publish)
{
    const struct conf_words *schemes = publish ? &c->publish : &c->play;
    return c->enabled && !(schemes->count == 1 && str_equal(schemes->items[0], CONF_AUTH_ALL));
}

bool conf_auth_has(const struct conf_auth *c, const char *scheme, bool publish)
{
    return c->enabled && conf_words_has(publish ? &c->publish : &c->play, scheme);
}
