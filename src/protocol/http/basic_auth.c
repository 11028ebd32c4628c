#include "protocol/http/basic_auth.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "core/str.h"

bool http_basic_auth_is(const char *authorization, const char *user, const char *password)
{
    char       plain[HTTP_BASIC_AUTH_MAX + 2];
    uint8_t    wanted[4 * (HTTP_BASIC_AUTH_MAX + 4) / 3 + 1];
    uint8_t    digests[2][SHA256_DIGEST_LENGTH];
    struct str text = str_over(plain, sizeof plain);
    if (!authorization || strncasecmp(authorization, "Basic ", 6) != 0)
        return false;
    const char *given = authorization + 6 + strspn(authorization + 6, " ");
    str_printf(&text, "%s:%s", user, password);
    int len = EVP_EncodeBlock(wanted, (const uint8_t *)plain, (int)text.len);
    /* Digests have the same length for every input. */
    SHA256(wanted, (size_t)len, digests[0]);
    SHA256((const uint8_t *)given, strlen(given), digests[1]);
    return CRYPTO_memcmp(digests[0], digests[1], sizeof digests[0]) == 0 && !text.cut;
}
