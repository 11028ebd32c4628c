#include "protocol/token/secure_link.h"

#include <openssl/crypto.h>
#include <string.h>

#include "core/attr.h"
#include "core/base64.h"
#include "core/buf.h"
#include "protocol/token/digest.h"
#include "protocol/token/params.h"

enum { MD5_TEXT_CAP = 32, EXPIRES_CAP = 20, EXPRESSION_MAX = 8 << 10 };

enum variable { EXPIRES, URI, ADDRESS, N_VARIABLES };

static const char *const names[N_VARIABLES] = {
    [EXPIRES] = "$secure_link_expires", [URI] = "$uri", [ADDRESS] = "$remote_addr"
};

/* The variable at this dollar sign; N_VARIABLES: none of ours. */
static enum variable variable_at(const char *text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz_0123456789";
    size_t            len = 1 + strspn(text + 1, letters), i = 0;
    while (i < N_VARIABLES && (strlen(names[i]) != len || memcmp(names[i], text, len) != 0))
        i++;
    return (enum variable)i;
}

bool secure_link_is_valid(const char *expression)
{
    bool has_time = false;
    for (const char *p = strchr(expression, '$'); p; p = strchr(p + 1, '$')) {
        enum variable v = variable_at(p);
        if (v == N_VARIABLES)
            return false;
        has_time |= v == EXPIRES;
    }
    return has_time;
}

static void put_variable(struct buf *out, enum variable v, const struct token_ask *ask, const char *expires)
{
    switch (v) {
    case EXPIRES: buf_text(out, expires); break;
    case URI: buf_printf(out, "/%s/%s", ask->app, ask->name); break;
    case ADDRESS: buf_text(out, ask->ip); break;
    case N_VARIABLES: break;
    }
}

static void put_expression(struct buf *out, const char *expression, const struct token_ask *ask, const char *expires)
{
    for (const char *p = expression; *p;) {
        size_t text = strcspn(p, "$");
        buf_append(out, p, text);
        p += text;
        if (*p) {
            enum variable v = variable_at(p);
            put_variable(out, v, ask, expires);
            p += v == N_VARIABLES ? 1 : strlen(names[v]);
        }
    }
}

enum token_verdict secure_link_check(const struct token_ask *ask, const char *expression, struct token_grant *grant)
{
    char              md5[MD5_TEXT_CAP], expires[EXPIRES_CAP];
    uint8_t           given[DIGEST_MD5_LEN] = { 0 }, wanted[DIGEST_MD5_LEN];
    size_t            len;
    enum params_found found = params_find(ask->query, "md5", md5, sizeof md5);
    if (found == PARAMS_NONE)
        return TOKEN_ABSENT;
    if (found == PARAMS_BAD || params_find(ask->query, "expires", expires, sizeof expires) != PARAMS_ONE ||
        !params_number(expires, &grant->expires_s) || !base64_decode_url(md5, strlen(md5), given, sizeof given, &len) ||
        len != sizeof given)
        return TOKEN_MALFORMED;
    struct buf text = buf_up_to(EXPRESSION_MAX);
    put_expression(&text, expression, ask, expires);
    bool is_ours = digest_md5(wanted, &text) && CRYPTO_memcmp(given, wanted, sizeof wanted) == 0;
    buf_finish(&text);
    if (!is_ours)
        return TOKEN_FORGED;
    return ask->now_s < grant->expires_s ? TOKEN_GOOD : TOKEN_EXPIRED;
}
