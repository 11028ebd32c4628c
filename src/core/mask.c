#include "core/mask.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "core/attr.h"
#include "core/hex.h"
#include "core/mem.h"

/* Hexadecimal digits of MD5 and SHA-256; digits of the time beside them: YYYYMMDDHHMM with or without seconds, or hexadecimal. */
enum {
    MD5_DIGITS = 32,
    SHA256_DIGITS = 64,
    MINUTES_DIGITS = 12,
    SECONDS_DIGITS = 14,
    HEX_TIME_MIN = 8,
    HEX_TIME_MAX = 15
};

static char   added[MASK_NAMES_MAX][MASK_NAME_MAX + 1];
static size_t n_added;

/* ---- names ------------------------------------------------------------------------------------------------------- */

static bool contains(const char *text, size_t len, const char *part)
{
    size_t n = strlen(part);
    for (size_t i = 0; i + n <= len; i++)
        if (strncasecmp(text + i, part, n) == 0)
            return true;
    return false;
}

bool mask_is_telling(const char *name, size_t len)
{
    static const char *const parts[] = { "password", "passphrase", "passwd", "secret", "token" };
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        if (contains(name, len, parts[i]))
            return true;
    return false;
}

static bool is_name(const char *name, size_t len, const char *wanted)
{
    return strlen(wanted) == len && strncasecmp(name, wanted, len) == 0;
}

/* Names of parameters: those of the schemes of tokens, of authmod, and what sites call theirs. */
static bool is_secret_name(const char *name, size_t len)
{
    static const char *const names[] = { "sign",     "sig",       "signature", "x-amz-signature", "auth",   "auth_key",
                                         "authkey",  "key",       "apikey",    "api_key",         "pwd",    "pass",
                                         "jwt",      "md5",       "hash",      "md5hash",         "hdnts",  "hdnea",
                                         "response", "challenge", "opaque",    "nonce",           "ticket", "hls_ctx" };
    if (mask_is_telling(name, len))
        return true;
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (is_name(name, len, names[i]))
            return true;
    for (size_t i = 0; i < n_added; i++)
        if (is_name(name, len, added[i]))
            return true;
    return false;
}

void mask_add_name(const char *name)
{
    size_t len = strlen(name);
    if (len == 0 || len > MASK_NAME_MAX || n_added == MASK_NAMES_MAX || is_secret_name(name, len))
        return;
    strcpy(added[n_added++], name);
}

/* ---- where secrets are ------------------------------------------------------------------------------------------- */

/* A text, and a place in it. */
struct scan {
    const char *at, *end;
};

static size_t left(struct scan s)
{
    return (size_t)(s.end - s.at);
}

/* Length of the character there, plain or percent-encoded, if it is one of `wanted`; otherwise 0. */
static size_t char_len(struct scan s, const char *wanted)
{
    uint8_t byte = 0;
    if (left(s) == 0)
        return 0;
    if (*s.at != '%')
        return *s.at && strchr(wanted, *s.at) ? 1 : 0;
    return left(s) >= 3 && hex_decode(s.at + 1, &byte, 1) && byte && strchr(wanted, byte) ? 3 : 0;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* True if the text ends there, or goes on with what follows a string of JSON. */
static bool is_string_end(struct scan s)
{
    return left(s) == 0 || is_blank(*s.at) || strchr(",:]}", *s.at);
}

static bool is_value_end(struct scan s, bool is_encoded)
{
    struct scan next = { s.at + 1, s.end };
    if (is_blank(*s.at) || *s.at == '&' || *s.at == '#')
        return true;
    if (*s.at == '"')
        return is_string_end(next);
    if (*s.at == ',')
        return left(next) == 0 || is_blank(*next.at);
    return is_encoded && char_len(s, "&#");
}

/* Length of a value: in JSON a quotation mark behind a backslash is part of it. */
static size_t value_len(struct scan s, bool is_encoded)
{
    const char *begin = s.at;
    for (; left(s) > 0 && !is_value_end(s, is_encoded); s.at++)
        s.at += *s.at == '\\' && left(s) > 1;
    return (size_t)(s.at - begin);
}

static size_t name_len(struct scan s)
{
    size_t n = 0;
    while (n < left(s) && n <= MASK_NAME_MAX &&
           (isalnum((unsigned char)s.at[n]) || (s.at[n] && strchr("_-.~", s.at[n]))))
        n++;
    return n;
}

/*
 * The three that look for a secret: a parameter behind its mark, user and password behind "://", and a hash in a path. True: there is
 * one, *distance behind `s` and of *len characters.
 */

static bool find_value(struct scan s, size_t *distance, size_t *len)
{
    size_t mark = char_len(s, "?&;#\""), name, equals;
    if (mark == 0)
        return false;
    s.at += mark;
    name = name_len(s);
    struct scan behind = { s.at + name, s.end };
    equals = char_len(behind, "=");
    if (equals == 0 || !is_secret_name(s.at, name))
        return false;
    behind.at += equals;
    *distance = mark + name + equals;
    *len = value_len(behind, equals > 1);
    return true;
}

static bool find_user(struct scan s, size_t *distance, size_t *len)
{
    static const char slashes[] = "://";
    size_t            n = strlen(slashes), at = 0;
    if (left(s) < n || memcmp(s.at, slashes, n) != 0)
        return false;
    for (size_t i = n; i < left(s) && !is_blank(s.at[i]) && !strchr("/?#\"", s.at[i]); i++)
        if (s.at[i] == '@')
            at = i;
    *distance = n;
    *len = at - n;
    return at > 0;
}

static size_t digits_len(struct scan s)
{
    size_t n = 0;
    while (n < left(s) && hex_digit(s.at[n]) >= 0)
        n++;
    return n;
}

static bool is_decimal(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!isdigit((unsigned char)text[i]))
            return false;
    return true;
}

static bool is_hash(struct scan s, size_t len)
{
    return (len == MD5_DIGITS || len == SHA256_DIGITS) && left(s) > len && s.at[len] == '/';
}

/* `s` is where a part of the path begins. The time of the link stands before the hash, in decimal digits, or behind it. */
static bool find_hash(struct scan s, size_t *distance, size_t *len)
{
    size_t first = digits_len(s);
    if (left(s) <= first || s.at[first] != '/')
        return false;
    struct scan behind = { s.at + first + 1, s.end };
    size_t      second = digits_len(behind);
    if ((first == MINUTES_DIGITS || first == SECONDS_DIGITS) && is_decimal(s.at, first) && is_hash(behind, second)) {
        *distance = first + 1;
        *len = second;
        return true;
    }
    *distance = 0;
    *len = first;
    return is_hash(s, first) && second >= HEX_TIME_MIN && second <= HEX_TIME_MAX && left(behind) > second &&
           behind.at[second] == '/';
}

/* ---- masking ----------------------------------------------------------------------------------------------------- */

static bool begins_part(const char *text, const char *at)
{
    return at == text || (!isalnum((unsigned char)at[-1]) && at[-1] != '_' && at[-1] != '-');
}

/* Look for a secret that the character at `s` announces, as find_value() and the others do. */
static bool find(const char *text, struct scan s, size_t *distance, size_t *len)
{
    switch (*s.at) {
    case '?':
    case '&':
    case ';':
    case '#':
    case '"': /* a string of JSON, as WHIP's query has no '?' in callbacks */
    case '%': return find_value(s, distance, len);
    case ':': return find_user(s, distance, len);
    default: return hex_digit(*s.at) >= 0 && begins_part(text, s.at) && find_hash(s, distance, len);
    }
}

void mask_append(struct str *out, const char *text, size_t len)
{
    struct scan s = { text, text + len };
    const char *from = text;
    size_t      distance, secret_len;
    while (left(s) > 0) {
        if (!find(text, s, &distance, &secret_len) || secret_len == 0) {
            s.at++;
            continue;
        }
        s.at += distance;
        str_append(out, from, (size_t)(s.at - from));
        str_text(out, MASK_HIDDEN);
        from = s.at += secret_len;
    }
    str_append(out, from, (size_t)(s.end - from));
}

void mask_put(struct jw *j, const char *key, const char *text)
{
    size_t len = strlen(text), cap = 2 * len + 1; /* "?pwd=x" grows by two characters */
    char  *copy = mem_alloc(cap);
    if (!copy) {
        jw_string(j, key, MASK_HIDDEN);
        return;
    }
    struct str out = str_over(copy, cap);
    mask_append(&out, text, len);
    jw_string(j, key, copy);
    mem_free(copy);
}
