#include "protocol/token/password.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <string.h>
#include <strings.h>

#include "core/base64.h"
#include "core/hex.h"
#include "core/str.h"

#define HASHED "sha256:"
#define BASIC "Basic "

/* The parts of a digest that is kept. False: the text itself is kept, or nothing that can be. */
static bool read_hashed(const char *kept, const char **salt, size_t *salt_len, uint8_t digest[SHA256_DIGEST_LENGTH])
{
    if (!str_starts_with(kept, HASHED))
        return false;
    *salt = kept + strlen(HASHED);
    const char *colon = strchr(*salt, ':');
    *salt_len = colon ? (size_t)(colon - *salt) : 0;
    return colon && *salt_len <= PASSWORD_MAX && strlen(colon + 1) == 2 * (size_t)SHA256_DIGEST_LENGTH &&
           hex_decode(colon + 1, digest, SHA256_DIGEST_LENGTH);
}

bool password_is_plain(const char *kept)
{
    return !str_starts_with(kept, HASHED);
}

bool password_can_be_kept(const char *kept)
{
    const char *salt;
    size_t      salt_len;
    uint8_t     digest[SHA256_DIGEST_LENGTH];
    if (password_is_plain(kept))
        return *kept && strlen(kept) <= PASSWORD_MAX;
    return read_hashed(kept, &salt, &salt_len, digest);
}

/* Digests have the same length for every input, so their comparison takes the same time. */
bool password_is(const char *kept, const char *given)
{
    uint8_t     wanted[SHA256_DIGEST_LENGTH], got[SHA256_DIGEST_LENGTH];
    char        text[2 * PASSWORD_MAX + 1];
    struct str  salted = str_over(text, sizeof text);
    const char *salt = "";
    size_t      salt_len = 0;
    if (password_is_plain(kept))
        SHA256((const uint8_t *)kept, strlen(kept), wanted);
    else if (!read_hashed(kept, &salt, &salt_len, wanted))
        return false;
    str_append(&salted, salt, salt_len);
    str_text(&salted, given);
    SHA256((const uint8_t *)text, salted.len, got);
    bool same = CRYPTO_memcmp(wanted, got, sizeof got) == 0 && !salted.cut;
    OPENSSL_cleanse(text, sizeof text);
    return same;
}

bool password_from_basic(const char *authorization, char user[static PASSWORD_USER_MAX + 1],
                         char password[static PASSWORD_MAX + 1])
{
    uint8_t plain[PASSWORD_USER_MAX + 1 + PASSWORD_MAX + 1];
    size_t  len;
    if (!authorization || strncasecmp(authorization, BASIC, strlen(BASIC)) != 0)
        return false;
    const char *text = authorization + strlen(BASIC);
    text += strspn(text, " ");
    if (!base64_decode(text, strlen(text), plain, sizeof plain - 1, &len))
        return false;
    plain[len] = '\0';
    const char *colon = memchr(plain, ':', len);
    if (!colon || memchr(plain, '\0', len) || colon == (char *)plain)
        return false;
    size_t user_len = (size_t)(colon - (char *)plain);
    bool   fits = user_len <= PASSWORD_USER_MAX && str_copy(password, PASSWORD_MAX + 1, colon + 1);
    memcpy(user, plain, fits ? user_len : 0);
    user[fits ? user_len : 0] = '\0';
    OPENSSL_cleanse(plain, sizeof plain);
    return fits;
}
