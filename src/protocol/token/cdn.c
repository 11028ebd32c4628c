#include "protocol/token/cdn.h"

#include <string.h>
#include <time.h>

#include "core/buf.h"
#include "core/hex.h"
#include "core/str.h"
#include "protocol/token/digest.h"
#include "protocol/token/link.h"
#include "protocol/token/params.h"
#include "protocol/token/pattern.h"

#define HEX_DIGITS "0123456789abcdefABCDEF"

enum {
    MD5_HEX_LEN = 2 * DIGEST_MD5_LEN,
    SHA256_HEX_LEN = 2 * DIGEST_SHA256_LEN,
    AUTH_KEY_CAP = 256,   /* Alibaba: TIME of 10 digits, RAND of up to 100 characters, UID of up to 10, HASH */
    EDGE_AUTH_CAP = 1024, /* Akamai */
    MINUTES_LEN = 12,     /* YYYYMMDDHHMM */
    CHINA_S = 8 * 3600,   /* east of Greenwich */
    EDGE_KEY_MAX = 64,    /* bytes of a key */
};

/* ---- Alibaba --------------------------------------------------------------------------------------------------- */

static enum token_verdict check_query(const struct token_ask *ask, const char *key, const char *secret, int64_t valid_s,
                                      struct token_grant *grant)
{
    char        number[24];
    const char *hash = strrchr(key, '-');
    size_t      len = strcspn(key, "-");
    bool        is_hash = hash && (strlen(hash + 1) == MD5_HEX_LEN || strlen(hash + 1) == SHA256_HEX_LEN);
    if (!is_hash || len >= sizeof number)
        return TOKEN_MALFORMED;
    memcpy(number, key, len);
    number[len] = '\0';
    if (!params_number(number, &grant->expires_s))
        return TOKEN_MALFORMED;
    struct buf text = buf_up_to(LINK_TEXT_MAX);
    buf_printf(&text, "/%s/%s-%.*s-%s", ask->app, ask->name, (int)(hash - key), key, secret);
    if (!link_is_hash_of(hash + 1, &text))
        return TOKEN_FORGED;
    grant->expires_s += valid_s;
    return link_in_time(ask, grant);
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

/* The two parts of a path that are a token. */
struct path_token {
    const char *first, *second;
    size_t      first_len, second_len;
    bool        is_minutes; /* type B: the time stands first */
    int64_t     time_s;
    size_t      len; /* of both, and the slash between them */
};

static bool read_path_token(const char *text, struct path_token *t)
{
    t->first = text;
    t->first_len = strcspn(text, "/");
    if (!text[t->first_len])
        return false;
    t->second = text + t->first_len + 1;
    t->second_len = strcspn(t->second, "/");
    t->len = t->first_len + 1 + t->second_len;
    t->is_minutes = t->first_len == MINUTES_LEN && strspn(text, "0123456789") == MINUTES_LEN &&
                    t->second_len == MD5_HEX_LEN && strspn(t->second, HEX_DIGITS) >= MD5_HEX_LEN;
    if (t->is_minutes)
        t->time_s = seconds_of(text);
    return t->is_minutes || (t->first_len == MD5_HEX_LEN && strspn(text, HEX_DIGITS) == MD5_HEX_LEN &&
                             link_read_time(t->second, t->second_len, &t->time_s));
}

size_t cdn_path_token_len(const char *path)
{
    struct path_token t;
    return read_path_token(path, &t) && path[t.len] == '/' && path[t.len + 1] ? t.len : 0;
}

/* Time and path behind the secret, in one order or the other: type B and Tencent's C; Alibaba's C. */
static bool is_hashed(const char *hash, const char *secret, const struct token_ask *ask, const char *app,
                      const char *time, size_t time_len, bool time_first)
{
    struct buf text = buf_up_to(LINK_TEXT_MAX);
    int        before = time_first ? (int)time_len : 0, behind = time_first ? 0 : (int)time_len;
    buf_printf(&text, "%s%.*s/%s/%s%.*s", secret, before, time, app, ask->name, behind, time);
    return link_is_hash_of(hash, &text);
}

static enum token_verdict check_path(const struct token_ask *ask, const char *secret, const char *token,
                                     const char *app, int64_t valid_s, struct token_grant *grant)
{
    struct path_token t;
    char              hash[MD5_HEX_LEN + 1];
    if (!read_path_token(token, &t))
        return TOKEN_ABSENT;
    memcpy(hash, t.is_minutes ? t.second : t.first, MD5_HEX_LEN);
    hash[MD5_HEX_LEN] = '\0';
    const char *time = t.is_minutes ? t.first : t.second;
    size_t      time_len = t.is_minutes ? t.first_len : t.second_len;
    if (!is_hashed(hash, secret, ask, app, time, time_len, true) &&
        (t.is_minutes || !is_hashed(hash, secret, ask, app, time, time_len, false)))
        return TOKEN_FORGED;
    grant->expires_s = t.time_s + valid_s;
    return link_in_time(ask, grant);
}

/* Over RTMP the token is the beginning of the app. */
static enum token_verdict check_app(const struct token_ask *ask, const char *secret, int64_t valid_s,
                                    struct token_grant *grant)
{
    size_t len = cdn_path_token_len(ask->app);
    if (len == 0)
        return TOKEN_ABSENT;
    grant->app_skip = len + 1;
    return check_path(ask, secret, ask->app, ask->app + len + 1, valid_s, grant);
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
    switch (params_find(ask->query, CDN_PATH_PARAM, key, sizeof key)) {
    case PARAMS_ONE: return check_path(ask, secret, key, ask->app, valid_s, grant);
    case PARAMS_BAD: return TOKEN_MALFORMED;
    case PARAMS_NONE: break;
    }
    return check_app(ask, secret, valid_s, grant);
}

/* ---- Tencent --------------------------------------------------------------------------------------------------- */

enum token_verdict cdn_tx_secret_check(const struct token_ask *ask, const char *secret, struct token_grant *grant)
{
    char              hash[MD5_HEX_LEN + 1], time[LINK_TIME_CAP];
    enum params_found found = params_find(ask->query, "txSecret", hash, sizeof hash);
    if (found == PARAMS_NONE)
        return TOKEN_ABSENT;
    if (found == PARAMS_BAD || params_find(ask->query, "txTime", time, sizeof time) != PARAMS_ONE ||
        !link_read_time(time, strlen(time), &grant->expires_s))
        return TOKEN_MALFORMED;
    struct buf text = buf_up_to(LINK_TEXT_MAX);
    buf_printf(&text, "%s%s%s", secret, ask->stream, time);
    return link_is_hash_of(hash, &text) ? link_in_time(ask, grant) : TOKEN_FORGED;
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
    struct buf        path = buf_up_to(LINK_TEXT_MAX);
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
    return link_in_time(ask, grant);
}
