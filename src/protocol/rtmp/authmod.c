#include "protocol/rtmp/authmod.h"

#include <openssl/evp.h>
#include <string.h>

#include "core/str.h"

#define REJECT "[ AccessManager.Reject ] : [ "

enum { MD5_BYTES = 16, HASHED_MAX = 1024 };

/* ---- what a client says ------------------------------------------------------------------------------------------ */

static bool take_value(const char *value, size_t len, char to[static AUTHMOD_TEXT_MAX + 1])
{
    if (len > AUTHMOD_TEXT_MAX)
        return false;
    memcpy(to, value, len);
    to[len] = '\0';
    return true;
}

/* One "name=value". False: a value that is too long. */
static bool take_pair(const char *pair, size_t len, struct authmod *a, char mod[static AUTHMOD_TEXT_MAX + 1])
{
    const char *const names[] = { "authmod", "user", "challenge", "response", "opaque" };
    char *const       values[] = { mod, a->user, a->challenge, a->response, a->opaque };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t n = strlen(names[i]);
        if (len > n && pair[n] == '=' && memcmp(pair, names[i], n) == 0)
            return take_value(pair + n + 1, len - n - 1, values[i]);
    }
    return true;
}

/* Where "authmod=" begins in the query; NULL: there is none. */
static const char *find_mod(const char *tc_url)
{
    const char *query = strchr(tc_url, '?');
    const char *at = query ? strstr(query, "authmod=") : NULL;
    while (at && at[-1] != '?' && at[-1] != '&')
        at = strstr(at + 1, "authmod=");
    return at;
}

/* The length of a text in base64 that ends with padding; 0: there is none. */
static size_t padded_len(const char *text)
{
    size_t len = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"),
           padding = strspn(text + len, "=");
    return padding == 1 || padding == 2 ? len + padding : 0;
}

void authmod_tidy(char *tc_url)
{
    static const char *const marks[] = { "&challenge=", "&response=", "&opaque=" };
    for (size_t i = 0; i + 1 < sizeof marks / sizeof *marks; i++) {
        const char *mod = find_mod(tc_url), *mark = mod ? strstr(mod, marks[i]) : NULL;
        char       *value = mark ? tc_url + (mark - tc_url) + strlen(marks[i]) : NULL;
        const char *next = value ? strstr(value, marks[i + 1]) : NULL;
        size_t      len = next ? padded_len(value) : 0;
        if (len > 0 && value + len < next)
            memmove(value + len, next, strlen(next) + 1);
    }
}

enum authmod_step authmod_read(const char *tc_url, struct authmod *a, size_t *cut)
{
    const char *at = find_mod(tc_url);
    char        mod[AUTHMOD_TEXT_MAX + 1] = "";
    bool        ok = true;
    *a = (struct authmod){ 0 };
    *cut = at ? (size_t)(at - tc_url) - 1 : strlen(tc_url);
    if (!at)
        return AUTHMOD_NOTHING;
    while (ok && *at) {
        size_t len = strcspn(at, "&");
        ok = take_pair(at, len, a, mod);
        at += len + (at[len] == '&');
    }
    if (!ok || !str_equal(mod, "adobe") || !*a->user)
        return AUTHMOD_BAD;
    if (!*a->response)
        return AUTHMOD_USER;
    return *a->opaque ? AUTHMOD_RESPONSE : AUTHMOD_BAD;
}

/* ---- the response ------------------------------------------------------------------------------------------------ */

/* base64(MD5(texts)) */
static bool hash(char out[static AUTHMOD_RESPONSE_CAP], const char *a, const char *b, const char *c)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    char          text[HASHED_MAX];
    struct str    all = str_over(text, sizeof text);
    str_text(&all, a);
    str_text(&all, b);
    str_text(&all, c);
    if (all.cut || !EVP_Digest(text, all.len, digest, NULL, EVP_md5(), NULL))
        return false;
    return EVP_EncodeBlock((unsigned char *)out, digest, MD5_BYTES) == AUTHMOD_RESPONSE_CAP - 1;
}

bool authmod_response(char response[static AUTHMOD_RESPONSE_CAP], const char *user, const char *salt,
                      const char *password, const char *opaque, const char *challenge)
{
    char salted[AUTHMOD_RESPONSE_CAP];
    return hash(salted, user, salt, password) && hash(response, salted, opaque, challenge);
}

/* ---- what a client is told --------------------------------------------------------------------------------------- */

const char *authmod_ask_user(char text[static AUTHMOD_DESCRIPTION_CAP])
{
    str_copy(text, AUTHMOD_DESCRIPTION_CAP, REJECT "code=403 need auth; authmod=adobe ] : ");
    return text;
}

const char *authmod_ask_response(char text[static AUTHMOD_DESCRIPTION_CAP], const char *user, const char *salt,
                                 const char *opaque)
{
    struct str out = str_over(text, AUTHMOD_DESCRIPTION_CAP);
    str_printf(&out, REJECT "authmod=adobe ] : ?reason=needauth&user=%s&salt=%s&challenge=%s&opaque=%s", user, salt,
               opaque, opaque);
    return text;
}

const char *authmod_refuse(char text[static AUTHMOD_DESCRIPTION_CAP], const char *opaque)
{
    struct str out = str_over(text, AUTHMOD_DESCRIPTION_CAP);
    str_printf(&out, REJECT "authmod=adobe ] : ?reason=authfailed&opaque=%s", opaque);
    return text;
}
