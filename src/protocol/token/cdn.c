#include "protocol/token/cdn.h"

#include <string.h>
#include <time.h>

#include "core/buf.h"
#include "core/hex.h"
#include "core/str.h"
#include "protocol/token/digest.h"
#include "protocol/token/params.h"
#include "protocol/token/pattern.h"

enum {
    MD5_HEX_LEN = 2 * DIGEST_MD5_LEN,
    TEXT_MAX = 8 << 10,   /* what is hashed */
    AUTH_KEY_CAP = 256,   /* Alibaba: TIME of 10 digits, RAND of up to 100 characters, UID of up to 10, HASH */
    EDGE_AUTH_CAP = 1024, /* Akamai */
    TIME_HEX_MAX = 15,    /* digits of an int64_t */
    MINUTES_LEN = 12,     /* YYYYMMDDHHMM */
    CHINA_S = 8 * 3600,   /* east of Greenwich */
    EDGE_KEY_MAX = 64,    /* bytes of a key */
};

static enum token_verdict in_time(const struct token_ask *ask, const struct token_grant *grant)
{
    return ask->now_s < grant->expires_s ? TOKEN_GOOD : TOKEN_EXPIRED;
}

/* Hash a text, and compare. Frees it. */
static bool is_md5_of(const char *hex, struct buf *text)
{
    uint8_t wanted[DIGEST_MD5_LEN];
    bool    is = digest_md5(wanted, text) && digest_is_hex(hex, wanted, sizeof wanted);
    buf_finish(text);
    return is;
}

static bool read_hex(const char *text, size_t len, int64_t *out)
{
    *out = 0;
    if (len == 0 || len > TIME_HEX_MAX)
        return false;
    for (size_t i = 0; i < len; i++) {
        int digit = hex_digit(text[i]);
        if (digit < 0)
            return false;
        *out = *out << 4 | digit;
    }
    return true;
}

/* ---- Alibaba --------------------------------------------------------------------------------------------------- */

static enum token_verdict check_query(const struct token_ask *ask, const char *key, const char *secret, int64_t valid_s,
                                      struct token_grant *grant)
{
    char        number[24];
    const char *hash = strrchr(key, '-');
    size_t      len = strcspn(key, "-");
    if (!hash || strlen(hash + 1) != MD5_HEX_LEN || len >= sizeof number)
        return TOKEN_MALFORMED;
    memcpy(number, key, len);
    number[len] = '\0';
    if (!params_number(number, &grant->expires_s))
        return TOKEN_MALFORMED;
    struct buf text = buf_up_to(TEXT_MAX);
    buf_printf(&text, "/%s/%s-%.*s-%s", ask->app, ask->name, (int)(hash - key), key, secret);
    if (!is_md5_of(hash + 1, &text))
        return TOKEN_FORGED;
    grant->expires_s += valid_s;
    return in_time(ask, grant);
}

/* Minutes of China as seconds since 1970. Months and days beyond their bounds are those of the next year and month. */
static int64_t seconds_of(const char *minutes)
{
    int at[MINUTES_LEN];
    for (size_t i = 0; i < MINUTES_LEN; i++)
        at[i] = minutes[i] - '0';
    struct tm tm = {
        .tm_year = at[0] * 1000 + at[1] * 100 + at[2] * 10 + at[3] - 1900,
        .tm_mon = at[4] * 10 + at[5] - 1,
        .tm_mday = at[6] * 10 + at[7],
        .tm_hour = at[8] * 10 + at[9],
        .tm_min = at[10] * 10 + at[11],
    };
    return (int64_t)timegm(&tm) - CHINA_S;
}

/* The lengths of the first two parts of the app, and where the rest begins; false if there are not that many. */
static bool split(const char *app, size_t *first, size_t *second, const char **rest)
{
    *first = strcspn(app, "/");
    if (!app[*first])
        return false;
    *second = strcspn(app + *first + 1, "/");
    *rest = app + *first + 1 + *second;
    if (!**rest)
        return false;
    (*rest)++;
    return **rest != '\0';
}

static enum token_verdict check_path(const struct token_ask *ask, const char *secret, int64_t valid_s,
                                     struct token_grant *grant)
{
    size_t      first, second;
    const char *rest;
    char        hash[MD5_HEX_LEN + 1];
    if (!split(ask->app, &first, &second, &rest))
        return TOKEN_ABSENT;
    const char *a = ask->app, *b = a + first + 1;
    bool        is_b = first == MINUTES_LEN && strspn(a, "0123456789") == MINUTES_LEN && second == MD5_HEX_LEN;
    if (!is_b && (first != MD5_HEX_LEN || !read_hex(b, second, &grant->expires_s)))
        return TOKEN_ABSENT;
    memcpy(hash, is_b ? b : a, MD5_HEX_LEN);
    hash[MD5_HEX_LEN] = '\0';
    if (is_b)
        grant->expires_s = seconds_of(a);
    struct buf text = buf_up_to(TEXT_MAX);
    if (is_b)
        buf_printf(&text, "%s%.*s/%s/%s", secret, (int)first, a, rest, ask->name);
    else
        buf_printf(&text, "%s/%s/%s%.*s", secret, rest, ask->name, (int)second, b);
    if (!is_md5_of(hash, &text))
        return TOKEN_FORGED;
    grant->app_skip = (size_t)(rest - ask->app);
    grant->expires_s += valid_s;
    return in_time(ask, grant);
}

enum token_verdict cdn_auth_key_check(const struct token_ask *ask, const char *secret, int64_t valid_s,
                                      struct token_grant *grant)
{
    char key[AUTH_KEY_CAP];
    switch (params_find(ask->query, "auth_key", key, sizeof key)) {
    case PARAMS_ONE: return check_query(ask, key, secret, valid_s, grant);
    case PARAMS_BAD: return TOKEN_MALFORMED;
    case PARAMS_NONE: break;
    }
    return check_path(ask, secret, valid_s, grant);
}

/* ---- Tencent --------------------------------------------------------------------------------------------------- */

enum token_verdict cdn_tx_secret_check(const struct token_ask *ask, const char *secret, struct token_grant *grant)
{
    char              hash[MD5_HEX_LEN + 1], time[TIME_HEX_MAX + 1];
    enum params_found found = params_find(ask->query, "txSecret", hash, sizeof hash);
    if (found == PARAMS_NONE)
        return TOKEN_ABSENT;
    if (found == PARAMS_BAD || params_find(ask->query, "txTime", time, sizeof time) != PARAMS_ONE ||
        !read_hex(time, strlen(time), &grant->expires_s))
        return TOKEN_MALFORMED;
    struct buf text = buf_up_to(TEXT_MAX);
    buf_printf(&text, "%s%s%s", secret, ask->stream, time);
    return is_md5_of(hash, &text) ? in_time(ask, grant) : TOKEN_FORGED;
}

/* ---- Akamai ---------------------------------------------------------------------------------------------------- */

/* The value of a field; NULL: it is not there. Fields are NAME=VALUE with `~` between them. */
static const char *field(const char *token, const char *name, size_t *len)
{
    size_t name_len = strlen(name);
    for (const char *p = token; *p; p += *p == '~') {
        *len = strcspn(p, "~");
        if (*len > name_len && p[name_len] == '=' && memcmp(p, name, name_len) == 0) {
            *len -= name_len + 1;
            return p + name_len + 1;
        }
        p += *len;
    }
    return NULL;
}

static bool read_field(const char *token, const char *name, int64_t *out)
{
    char        number[24];
    size_t      len;
    const char *value = field(token, name, &len);
    if (!value || len >= sizeof number)
        return false;
    memcpy(number, value, len);
    number[len] = '\0';
    return params_number(number, out);
}

/* True if one of the paths is that of the client. */
static bool is_allowed(const char *acl, size_t len, const char *path)
{
    bool is = false;
    for (size_t at = 0, n; at < len && !is; at += n + 1) {
        for (n = 0; at + n < len && acl[at + n] != '!'; n++)
            ;
        is = pattern_is(acl + at, n, path, true);
    }
    return is;
}

static bool is_signed(const char *token, const char *secret)
{
    const char *mark = strstr(token, "~hmac=");
    uint8_t     key[EDGE_KEY_MAX], wanted[DIGEST_SHA256_LEN];
    size_t      key_len = strlen(secret) / 2;
    return mark && strlen(secret) % 2 == 0 && key_len > 0 && key_len <= sizeof key &&
           hex_decode(secret, key, key_len) &&
           digest_hmac_sha256(wanted, key, key_len, token, (size_t)(mark - token)) &&
           digest_is_hex(mark + strlen("~hmac="), wanted, sizeof wanted);
}

enum token_verdict cdn_edge_auth_check(const struct token_ask *ask, const char *secret, struct token_grant *grant)
{
    char              token[EDGE_AUTH_CAP];
    struct buf        path = buf_up_to(TEXT_MAX);
    int64_t           start_s;
    size_t            acl_len = 0;
    enum params_found found = params_find(ask->query, "hdnts", token, sizeof token);
    if (found == PARAMS_NONE)
        found = params_find(ask->query, "hdnea", token, sizeof token);
    if (found == PARAMS_NONE)
        return TOKEN_ABSENT;
    const char *acl = field(token, "acl", &acl_len);
    if (found == PARAMS_BAD || !acl || !read_field(token, "exp", &grant->expires_s))
        return TOKEN_MALFORMED;
    buf_printf(&path, "/%s/%s", ask->app, ask->name);
    bool is_ours = !path.fault && is_signed(token, secret) && is_allowed(acl, acl_len, path.bytes);
    buf_finish(&path);
    if (!is_ours)
        return TOKEN_FORGED;
    if (read_field(token, "st", &start_s) && ask->now_s < start_s)
        return TOKEN_EARLY;
    return in_time(ask, grant);
}
