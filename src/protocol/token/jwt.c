#include "protocol/token/jwt.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "core/base64.h"
#include "core/buf.h"
#include "core/jr.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/token/digest.h"
#include "protocol/token/pattern.h"

enum { NAME_CAP = 128, TEXT_CAP = 512, NUMBER_CAP = 32 };

enum alg { HS256, RS256, ES256, OTHER };

/* The three parts of a token. Borrowed. */
struct parts {
    const char *header, *claims, *signature;
    size_t      header_len, claims_len, signature_len, signed_len;
};

static bool split(const char *token, struct parts *p)
{
    size_t len = strlen(token);
    p->header = token;
    p->header_len = strcspn(token, ".");
    if (len > JWT_MAX || !token[p->header_len])
        return false;
    p->claims = token + p->header_len + 1;
    p->claims_len = strcspn(p->claims, ".");
    p->signed_len = p->header_len + 1 + p->claims_len;
    if (!token[p->signed_len])
        return false;
    p->signature = token + p->signed_len + 1;
    p->signature_len = len - p->signed_len - 1;
    return true;
}

/* ---- JSON ------------------------------------------------------------------------------------------------------ */

/* True if no name of the object stands twice, and there are not too many: two readers may see two different tokens otherwise. */
static bool has_unique_names(const struct jr_value *object)
{
    struct jr_value name, value, found;
    char            text[NAME_CAP];
    size_t          at = 0, n = 0;
    while (jr_next_member(object, &at, &name, &value))
        if (++n > JWT_MEMBERS_MAX || !jr_string(&name, text, sizeof text) || !jr_member(object, text, &found) ||
            found.at != value.at) /* the last one is found */
            return false;
    return true;
}

/* Decode a part into `out`, and check that it is an object. */
static bool read_part(const char *text, size_t len, uint8_t *out, size_t cap, struct jr_value *object)
{
    size_t n;
    return base64_decode_url(text, len, out, cap, &n) && jr_parse((const char *)out, n, object) &&
           object->kind == JR_OBJECT && has_unique_names(object);
}

static bool text_of(const struct jr_value *object, const char *name, char *out, size_t cap)
{
    struct jr_value v;
    return jr_member(object, name, &v) && jr_string(&v, out, cap);
}

/* A NumericDate (RFC 7519 2), which may have a fraction. */
static bool date_of(const struct jr_value *object, const char *name, int64_t *out)
{
    char            text[NUMBER_CAP];
    struct jr_value v;
    if (!jr_member(object, name, &v) || v.kind != JR_NUMBER || v.len >= sizeof text)
        return false;
    memcpy(text, v.at, v.len);
    text[v.len] = '\0';
    double seconds = strtod(text, NULL);
    if (!(seconds >= 0 && seconds < 1e15))
        return false;
    *out = (int64_t)seconds;
    return true;
}

/* ---- the signature --------------------------------------------------------------------------------------------- */

static enum alg alg_of(const char *name)
{
    if (str_equal(name, "HS256"))
        return HS256;
    if (str_equal(name, "RS256"))
        return RS256;
    return str_equal(name, "ES256") ? ES256 : OTHER;
}

static bool is_signed_by_secret(const struct parts *p, const struct jwt_rules *rules, const uint8_t *signature,
                                size_t len)
{
    bool is = false;
    for (size_t i = 0; i < rules->n_secrets && !is; i++) {
        const char *secret = rules->secrets[i];
        uint8_t     wanted[DIGEST_SHA256_LEN];
        is = len == sizeof wanted && digest_hmac_sha256(wanted, secret, strlen(secret), p->header, p->signed_len) &&
             CRYPTO_memcmp(wanted, signature, sizeof wanted) == 0;
    }
    return is;
}

/* A key without an id is for every token, and every key is for a token that names none. */
static bool is_signed_by_set(const struct parts *p, const struct key_set *set, enum key_alg alg, const char *id,
                             const uint8_t *signature, size_t len, bool *knows_key)
{
    bool is = false;
    for (size_t i = 0; set && i < set->n && !is; i++) {
        const struct key *k = &set->keys[i];
        if (k->alg != alg || (*k->id && *id && strcmp(k->id, id) != 0))
            continue;
        *knows_key = true;
        is = key_has_signed(k, p->header, p->signed_len, signature, len);
    }
    return is;
}

static bool is_signed(const struct parts *p, const struct jwt_rules *rules, enum alg alg, const char *id,
                      const uint8_t *signature, size_t len, bool *knows_key)
{
    bool is = false;
    if (alg == HS256) {
        *knows_key = true;
        return is_signed_by_secret(p, rules, signature, len);
    }
    for (size_t i = 0; i < rules->n_sets && !is && alg != OTHER; i++)
        is = is_signed_by_set(p, rules->sets[i], alg == RS256 ? KEY_RS256 : KEY_ES256, id, signature, len, knows_key);
    return is;
}

static enum token_verdict check_signature(const struct parts *p, const struct jwt_rules *rules, uint8_t *scratch,
                                          bool *knows_key)
{
    struct jr_value header, v;
    char            alg[NAME_CAP], id[KEY_ID_MAX + 1] = "";
    size_t          len;
    if (!read_part(p->header, p->header_len, scratch, JWT_HEADER_MAX, &header) ||
        !text_of(&header, "alg", alg, sizeof alg) || jr_member(&header, "crit", &v) ||
        (jr_member(&header, "kid", &v) && !jr_string(&v, id, sizeof id)) ||
        !base64_decode_url(p->signature, p->signature_len, scratch, JWT_MAX,
                           &len)) /* the header is not used any more */
        return TOKEN_MALFORMED;
    return is_signed(p, rules, alg_of(alg), id, scratch, len, knows_key) ? TOKEN_GOOD : TOKEN_FORGED;
}

/* ---- the claims ------------------------------------------------------------------------------------------------ */

/* True if one of the texts of a claim is the wanted one, by `is`. */
static bool has_one(const struct jr_value *claims, const char *claim, const char *wanted,
                    bool (*is)(const char *text, const char *wanted))
{
    char            text[TEXT_CAP];
    struct jr_value all, one;
    size_t          at = 0, n = 0;
    bool            found = false;
    if (!jr_member(claims, claim, &all))
        return false;
    if (jr_string(&all, text, sizeof text))
        return is(text, wanted);
    while (!found && all.kind == JR_ARRAY && n++ < JWT_ELEMENTS_MAX && jr_next(&all, &at, &one))
        found = jr_string(&one, text, sizeof text) && is(text, wanted);
    return found;
}

static bool is_pattern_of(const char *text, const char *wanted)
{
    return pattern_is(text, strlen(text), wanted, false);
}

/* True if the token is for this client. */
static bool is_for(const struct jr_value *claims, const struct token_ask *ask, const struct jwt_rules *rules)
{
    char       issuer[TEXT_CAP];
    struct buf path = buf_up_to(JWT_MAX);
    buf_printf(&path, "%s/%s", ask->app, ask->stream);
    bool is =
        !path.fault && has_one(claims, "actions", ask->publish ? "publish" : "play", str_equal) &&
        has_one(claims, "streams", path.bytes, is_pattern_of) &&
        (!*rules->issuer || (text_of(claims, "iss", issuer, sizeof issuer) && str_equal(issuer, rules->issuer))) &&
        (!*rules->audience || has_one(claims, "aud", rules->audience, str_equal));
    buf_finish(&path);
    return is;
}

static enum token_verdict check_claims(const struct jr_value *claims, const struct token_ask *ask,
                                       const struct jwt_rules *rules, struct token_grant *grant)
{
    struct jr_value v;
    int64_t         begin_s = 0;
    if (!date_of(claims, "exp", &grant->expires_s) ||
        (jr_member(claims, "nbf", &v) && !date_of(claims, "nbf", &begin_s)))
        return TOKEN_MALFORMED;
    if (!is_for(claims, ask, rules))
        return TOKEN_FORGED;
    if (ask->now_s >= grant->expires_s)
        return TOKEN_EXPIRED;
    return ask->now_s + JWT_EARLY_S < begin_s ? TOKEN_EARLY : TOKEN_GOOD;
}

/* Claims are looked at only when the signature is good. */
enum token_verdict jwt_check(const struct token_ask *ask, const char *token, const struct jwt_rules *rules,
                             struct token_grant *grant, bool *knows_key)
{
    struct parts    p;
    struct jr_value claims;
    *knows_key = false;
    if (!split(token, &p))
        return TOKEN_MALFORMED;
    uint8_t *scratch = mem_alloc(JWT_MAX);
    if (!scratch)
        return TOKEN_MALFORMED;
    enum token_verdict verdict = check_signature(&p, rules, scratch, knows_key);
    if (verdict == TOKEN_GOOD)
        verdict = read_part(p.claims, p.claims_len, scratch, JWT_MAX, &claims)
                      ? check_claims(&claims, ask, rules, grant)
                      : TOKEN_MALFORMED;
    mem_free(scratch);
    return verdict;
}
