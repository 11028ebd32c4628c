#include "protocol/token/digest.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#include "core/hex.h"

enum { DIGEST_LEN_MAX = 64 };

bool digest_hmac_sha256(uint8_t out[static DIGEST_SHA256_LEN], const void *key, size_t key_len, const void *bytes,
                        size_t len)
{
    return key_len <= INT_MAX && HMAC(EVP_sha256(), key, (int)key_len, bytes, len, out, NULL) != NULL;
}

bool digest_md5(uint8_t out[static DIGEST_MD5_LEN], const struct buf *text)
{
    return !text->fault && EVP_Digest(text->bytes, text->len, out, NULL, EVP_md5(), NULL) == 1;
}

bool digest_sha256(uint8_t out[static DIGEST_SHA256_LEN], const struct buf *text)
{
    return !text->fault && EVP_Digest(text->bytes, text->len, out, NULL, EVP_sha256(), NULL) == 1;
}

bool digest_is_hex(const char *text, const uint8_t *digest, size_t len)
{
    uint8_t given[DIGEST_LEN_MAX];
    return len <= sizeof given && strlen(text) == 2 * len && hex_decode(text, given, len) &&
           CRYPTO_memcmp(given, digest, len) == 0;
}
