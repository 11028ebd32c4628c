#include "protocol/http/basic_auth.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "core/str.h"

static const char scheme[] = "Basic ";

bool http_basic_auth_write(char field[static HTTP_BASIC_AUTH_CAP], const char *user, const char *password)
{
    char       plain[HTTP_BASIC_AUTH_MAX + 2];
    struct str text = str_over(plain, sizeof plain);
    str_printf(&text, "%s:%s", user, password);
    strcpy(field, scheme);
    EVP_EncodeBlock((uint8_t *)field + sizeof scheme - 1, (const uint8_t *)plain, (int)text.len);
    return !text.cut;
}

bool http_basic_auth_is(const char *authorization, const char *user, const char *password)
{
    char    wanted[HTTP_BASIC_AUTH_CAP];
    uint8_t digests[2][SHA256_DIGEST_LENGTH];
    if (!authorization || strncasecmp(authorization, scheme, sizeof scheme - 1) != 0)
        return false;
    const char *given = authorization + sizeof scheme - 1, *field = wanted + sizeof scheme - 1;
    bool        fits = http_basic_auth_write(wanted, user, password);
    given += strspn(given, " ");
    /* Digests have the same length for every input. */
    SHA256((const uint8_t *)field, strlen(field), digests[0]);
    SHA256((const uint8_t *)given, strlen(given), digests[1]);
    return CRYPTO_memcmp(digests[0], digests[1], sizeof digests[0]) == 0 && fits;
}
