/**
 * Signed URLs in the form of this server: `?expires=1790000000&sign=HEX`.
 *
 * `sign` is the HMAC-SHA256, in hexadecimal digits, of ACTION:APP/STREAM:EXPIRES, where ACTION is publish or play and EXPIRES is a
 * number of seconds since 1970. So a URL is good for one stream, for one of the two, in any protocol and format:
 *
 *     printf 'play:live/livestream:1790000000' | openssl dgst -sha256 -hmac SECRET -r
 *
 * Yields     no
 */
#ifndef PROTOCOL_TOKEN_SIGN_H
#define PROTOCOL_TOKEN_SIGN_H

#include "protocol/token/token.h"

/**
 * Judge the token of a query by one secret. Each secret is asked in turn.
 *
 * Returns    a token that was made with another secret is TOKEN_FORGED, even if it has expired
 */
enum token_verdict sign_check(const struct token_ask *ask, const char *secret, struct token_grant *grant);

#endif
