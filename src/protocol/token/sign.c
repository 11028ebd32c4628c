#include "protocol/token/sign.h"

#include <string.h>

#include "core/buf.h"
#include "protocol/token/digest.h"
#include "protocol/token/params.h"

enum { SIGN_HEX_CAP = 2 * DIGEST_SHA256_LEN + 1, EXPIRES_CAP = 20, TEXT_MAX = 8 << 10 };

/* `expires` as it stands in the URL: a number that is written in another way has another signature. */
static bool digest(uint8_t out[static DIGEST_SHA256_LEN], const struct token_ask *ask, const char *expires,
                   const char *secret)
{
    struct buf text = buf_up_to(TEXT_MAX);
    buf_printf(&text, "%s:%s/%s:%s", ask->publish ? "publish" : "play", ask->app, ask->stream, expires);
    bool ok = !text.fault && digest_hmac_sha256(out, secret, strlen(secret), text.bytes, text.len);
    buf_finish(&text);
    return ok;
}

enum token_verdict sign_check(const struct token_ask *ask, const char *secret, struct token_grant *grant)
{
    char              sign[SIGN_HEX_CAP], expires[EXPIRES_CAP];
    uint8_t           wanted[DIGEST_SHA256_LEN];
    enum params_found found = params_find(ask->query, "sign", sign, sizeof sign);
    if (found == PARAMS_NONE)
        return TOKEN_ABSENT;
    if (found == PARAMS_BAD || params_find(ask->query, "expires", expires, sizeof expires) != PARAMS_ONE ||
        !params_number(expires, &grant->expires_s))
        return TOKEN_MALFORMED;
    if (!digest(wanted, ask, expires, secret) || !digest_is_hex(sign, wanted, sizeof wanted))
        return TOKEN_FORGED;
    return ask->now_s < grant->expires_s ? TOKEN_GOOD : TOKEN_EXPIRED;
}
