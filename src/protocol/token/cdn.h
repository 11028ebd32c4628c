/**
 * Links in the forms of content delivery networks, so that links that a site makes already go on working. They say for which path
 * or stream they are, but not whether for publish or play.
 *
 * Yields     no
 */
#ifndef PROTOCOL_TOKEN_CDN_H
#define PROTOCOL_TOKEN_CDN_H

#include "protocol/token/token.h"

/* The query parameter for a token of type B or C that stood in the path of an HTTP request. */
#define CDN_PATH_PARAM "path_token"

/**
 * Alibaba Cloud, URL signing of type A, B and C. The time in a link is when it expires, or begins `valid_s`.
 *
 *     A  /app/name?auth_key=TIME-RAND-UID-HASH     HASH: MD5 or SHA-256 of /app/name-TIME-RAND-UID-SECRET; TIME in seconds
 *     B  /YYYYMMDDHHMM/HASH/app/name               HASH: MD5 of SECRET, YYYYMMDDHHMM (in China), /app/name
 *     C  /HASH/TIME/app/name                       HASH: MD5 of SECRET, /app/name, TIME; TIME in hexadecimal digits
 *
 * Tencent Cloud has these, too; in its type C TIME may stand before /app/name. Huawei Cloud has A.
 *
 * Shape      in B and C the token is the beginning of the app, grant->app_skip, or the parameter CDN_PATH_PARAM
 * Source     Alibaba Cloud CDN, "URL signing": type A, B, C; Tencent Cloud CDN "TypeB", "TypeC", EdgeOne "Authentication method B", "C";
 *            Huawei Cloud CDN "Signing method A", Huawei Cloud Live "URL validation", signing method A
 */
enum token_verdict cdn_auth_key_check(const struct token_ask *ask, const char *secret, int64_t valid_s,
                                      struct token_grant *grant);

/** The length of "HASH/TIME" or "TIME/HASH" of type B or C, of which only the form is looked at, before a slash and more; 0: there is none. */
size_t cdn_path_token_len(const char *path);

/**
 * Tencent Cloud: `?txSecret=HASH&txTime=TIME`. HASH is the MD5 of SECRET, stream and TIME; TIME is when it expires, in hexadecimal digits.
 *
 * Source     Tencent Cloud CSS, "Hotlink protection"; the same as Huawei Cloud Live, signing method B
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
