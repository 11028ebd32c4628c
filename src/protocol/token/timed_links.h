/**
 * Links of two parameters, a digest and a time, as several content delivery networks make them. The time is when a link expires, or
 * begins `valid_s`: seconds in decimal or hexadecimal digits. They say for which path or stream they are, but not whether for publish or play.
 *
 * Yields     no
 */
#ifndef PROTOCOL_TOKEN_TIMED_LINKS_H
#define PROTOCOL_TOKEN_TIMED_LINKS_H

#include "protocol/token/token.h"

/**
 * Qiniu, and Tencent Cloud type D: `?sign=HASH&t=TIME`. HASH is the MD5 of SECRET, /app/name and TIME.
 *
 * Source     Qiniu CDN, "Timestamp hotlink protection"; Tencent Cloud CDN "TypeD", EdgeOne "Authentication method D"
 */
enum token_verdict timed_links_sign_t(const struct token_ask *ask, const char *secret, int64_t valid_s,
                                      struct token_grant *grant);

/**
 * Wangsu: `?wsSecret=HASH&wsTime=TIME`. HASH is the MD5 of SECRET, /app/name and TIME.
 *
 * Source     CDNetworks (Wangsu) Low Latency Streaming, "Token authentication": names and forms of the time. The order of the three is a
 *            setting there; this is the one in use
 */
enum token_verdict timed_links_ws_secret(const struct token_ask *ask, const char *secret, int64_t valid_s,
                                         struct token_grant *grant);

/**
 * Huawei Cloud: `?hwSecret=HASH&hwTime=TIME`. HASH is the HMAC-SHA256, with the key SECRET, of the stream and TIME.
 *
 * Source     Huawei Cloud Live, "URL validation", signing method D. Its methods A and B are auth_key and txSecret (cdn.h)
 */
enum token_verdict timed_links_hw_secret(const struct token_ask *ask, const char *secret, int64_t valid_s,
                                         struct token_grant *grant);

#endif
