#include "app/hooks/sign.h"

#include <limits.h>
#include <string.h>

#include "core/buf.h"
#include "core/hex.h"
#include "core/str.h"
#include "protocol/token/digest.h"

bool hook_sign(char out[static HOOK_SIGNATURE_CAP], const char *secret, const char *timestamp, const char *body)
{
    struct buf text = buf_up_to(INT_MAX);
    uint8_t    digest[DIGEST_SHA256_LEN] = { 0 };
    char       hex[2 * DIGEST_SHA256_LEN + 1];
    struct str to = str_over(out, HOOK_SIGNATURE_CAP);
    buf_printf(&text, "%s.%s", timestamp, body);
    bool ok = !text.fault && digest_hmac_sha256(digest, secret, strlen(secret), text.bytes, text.len);
    str_text(&to, "sha256=");
    hex_encode(digest, hex, sizeof digest);
    str_text(&to, hex);
    buf_finish(&text);
    return ok;
}
