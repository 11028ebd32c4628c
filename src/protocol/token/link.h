/**
 * What the links of content delivery networks have in common: their times, their digests, and whether they have expired.
 *
 * Yields     no
 */
#ifndef PROTOCOL_TOKEN_LINK_H
#define PROTOCOL_TOKEN_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"
#include "protocol/token/token.h"

enum { LINK_TEXT_MAX = 8 << 10, LINK_TIME_CAP = 16, LINK_HASH_CAP = 65 };

/** Seconds since 1970: ten decimal digits as such, other texts as hexadecimal ones (ten of them would be after the year 2500). */
bool link_read_time(const char *text, size_t len, int64_t *out);

/** The verdict on a link whose digest is right. */
enum token_verdict link_in_time(const struct token_ask *ask, const struct token_grant *grant);

/** True if these hexadecimal digits are the MD5 of the text, or if there are 64, its SHA-256. The text is released. */
bool link_is_hash_of(const char *hex, struct buf *text);

#endif
