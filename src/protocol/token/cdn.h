/**
 * Links in the forms of content delivery networks, so that links that a site makes already go on working. They say for which path
 * or stream they are, but not whether for publish or play.
 *
 * Yields     no
 */
#ifndef PROTOCOL_TOKEN_CDN_H
#define PROTOCOL_TOKEN_CDN_H

#include "protocol/token/token.h"

/**
 * Alibaba Cloud, URL signing of type A, B and C. The time in a link is when it expires, or begins `valid_s`.
 *
 *     A  /app/name?auth_key=TIME-RAND-UID-HASH     HASH: MD5 of /app/name-TIME-RAND-UID-SECRET; TIME in seconds
 *     B  /YYYYMMDDHHMM/HASH/app/name               HASH: MD5 of SECRET, YYYYMMDDHHMM (in China), /app/name
 *     C  /HASH/TIME/app/name                       HASH: MD5 of SECRET, /app/name, TIME; TIME in hexadecimal digits
 *
 * Shape      in B and C the token is the beginning of the app: grant->app_skip
 * Source     Alibaba Cloud CDN, "URL signing": type A, B, C
 */
enum token_verdict cdn_auth_key_check(const struct token_ask *ask, const char *secret, int64_t valid_s,
                                      struct token_grant *grant);

/**
 * Tencent Cloud: `?txSecret=HASH&txTime=TIME`. HASH is the MD5 of SECRET, stream and TIME; TIME is when it expires, in hexadecimal digits.
 *
 * Source     Tencent Cloud CSS, "Hotlink protection"
 */
enum token_verdict cdn_tx_secret_check(const struct token_ask *ask, const char *secret, struct token_grant *grant);

/**
 * Akamai: `?hdnts=exp=TIME~acl=PATHS~hmac=HEX`, and the same as `hdnea`. The HMAC-SHA256 is over what stands before `~hmac`; its key is SECRET,
 * which is hexadecimal digits. PATHS are paths with `*`, and `!` between them.
 *
 * Source     Akamai EdgeAuth token generator: fields st, exp, acl, data, hmac
 */
enum token_verdict cdn_edge_auth_check(const struct token_ask *ask, const char *secret, struct token_grant *grant);

#endif
