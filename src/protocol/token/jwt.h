/**
 * JSON Web Tokens: signed by HS256, RS256 or ES256, with claims that name streams and actions.
 *
 *     { "exp": 1790000000, "actions": ["play"], "streams": ["live/cam-*"] }
 *
 * `exp`, `actions` and `streams` must be there. A claim with one text may stand for an array of it. `*` in a stream stands for any
 * characters but the slash. `iss` and `aud` are compared if the rules name them, `nbf` if it is there.
 *
 * The algorithm is that of the key, never that of the token: a token whose header names another one is forged, `none` included. What
 * is not understood refuses: `crit`, names that stand twice, claims of another type.
 *
 * Source     RFC 7519, RFC 7515 (compact serialization), RFC 8725
 * Yields     no
 */
#ifndef PROTOCOL_TOKEN_JWT_H
#define PROTOCOL_TOKEN_JWT_H

#include <stddef.h>

#include "protocol/token/keys.h"
#include "protocol/token/token.h"

/* Characters of a token; bytes of its header; members of its header and claims; elements of a claim. */
enum { JWT_MAX = 4096, JWT_HEADER_MAX = 1024, JWT_MEMBERS_MAX = 64, JWT_ELEMENTS_MAX = 64 };

/* Clocks of others may be ahead by this when they say since when a token is valid. */
enum { JWT_EARLY_S = 10 };

struct jwt_rules {
    char *const                 *secrets; /* of HS256 */
    size_t                       n_secrets;
    const struct key_set *const *sets; /* of RS256 and ES256; elements may be NULL */
    size_t                       n_sets;
    const char                  *issuer, *audience; /* "": any */
};

/**
 * Judge a token.
 *
 * Returns    *knows_key: false if the token names a key that no set has, so that it may help to fetch the sets again
 */
enum token_verdict jwt_check(const struct token_ask *ask, const char *token, const struct jwt_rules *rules,
                             struct token_grant *grant, bool *knows_key);

#endif
