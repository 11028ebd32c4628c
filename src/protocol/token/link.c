#include "protocol/token/link.h"

#include <string.h>

#include "core/hex.h"
#include "protocol/token/digest.h"
#include "protocol/token/params.h"

enum { DECIMAL_DIGITS = 10 };

static bool read_hex(const char *text, size_t len, int64_t *out)
{
    *out = 0;
    if (len == 0 || len >= LINK_TIME_CAP)
        return false;
    for (size_t i = 0; i < len; i++) {
        int digit = hex_digit(text[i]);
        if (digit < 0)
            return false;
        *out = *out << 4 | digit;
    }
    return true;
}

bool link_read_time(const char *text, size_t len, int64_t *out)
{
    char number[DECIMAL_DIGITS + 1] = "";
    if (len == DECIMAL_DIGITS)
        memcpy(number, text, len);
    return params_number(number, out) || read_hex(text, len, out);
}

enum token_verdict link_in_time(const struct token_ask *ask, const struct token_grant *grant)
{
    return ask->now_s < grant->expires_s ? TOKEN_GOOD : TOKEN_EXPIRED;
}

bool link_is_hash_of(const char *hex, struct buf *text)
{
    uint8_t wanted[DIGEST_SHA256_LEN];
    bool    is_long = strlen(hex) == 2 * (size_t)DIGEST_SHA256_LEN;
    bool    is_made = is_long ? digest_sha256(wanted, text) : digest_md5(wanted, text);
    buf_finish(text);
    return is_made && digest_is_hex(hex, wanted, is_long ? DIGEST_SHA256_LEN : DIGEST_MD5_LEN);
}
