#include "app/hooks/sign.h"

#include <limits.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <string.h>

#include "core/buf.h"
#include "core/hex.h"
#include "core/str.h"

bool hook_sign(char out[static HOOK_SIGNATURE_CAP], const char *secret, const char *timestamp, const char *body)
{
    struct buf    text = buf_up_to(INT_MAX);
    unsigned char digest[SHA256_DIGEST_LENGTH] = { 0 };
    char          hex[2 * SHA256_DIGEST_LENGTH + 1];
    struct str    to = str_over(out, HOOK_SIGNATURE_CAP);
    buf_printf(&text, "%s.%s", timestamp, body);
    bool ok =
        !text.fault && strlen(secret) <= INT_MAX &&
        HMAC(EVP_sha256(), secret, (int)strlen(secret), (const unsigned char *)text.bytes, text.len, digest, NULL);
    str_text(&to, "sha256=");
    hex_encode(digest, hex, sizeof digest);
    str_text(&to, hex);
    buf_finish(&text);
    return ok;
}
