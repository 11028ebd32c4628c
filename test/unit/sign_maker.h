/**
 * Makes the query of a signed URL for tests, by OpenSSL and not by what is tested.
 */
#ifndef TEST_SIGN_MAKER_H
#define TEST_SIGN_MAKER_H

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { SIGN_QUERY_CAP = 128 };

/** `what`: "play:live/s". */
static inline void sign_make(char out[static SIGN_QUERY_CAP], const char *what, long long expires_s, const char *secret)
{
    char    text[256];
    uint8_t sum[32];
    int     len = snprintf(text, sizeof text, "%s:%lld", what, expires_s);
    HMAC(EVP_sha256(), secret, (int)strlen(secret), (const uint8_t *)text, (size_t)len, sum, NULL);
    int n = snprintf(out, SIGN_QUERY_CAP, "expires=%lld&sign=", expires_s);
    for (size_t i = 0; i < sizeof sum; i++)
        n += snprintf(out + n, SIGN_QUERY_CAP - (size_t)n, "%02x", sum[i]);
}

#endif
