/**
 * Makes JSON Web Tokens and keys for tests, by OpenSSL and not by what is tested.
 */
#ifndef TEST_JWT_MAKER_H
#define TEST_JWT_MAKER_H

#include <assert.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { JWT_MAKER_CAP = 16 << 10 };

/* Append base64url without padding. */
static inline void jwt_maker_put(char *to, const void *bytes, size_t len)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const uint8_t    *b = bytes;
    to += strlen(to);
    for (size_t i = 0; i < len; i += 3) {
        uint32_t bits =
            (uint32_t)b[i] << 16 | (i + 1 < len ? (uint32_t)b[i + 1] << 8 : 0) | (i + 2 < len ? b[i + 2] : 0);
        for (size_t k = 0; k < 4 && i + k <= len; k++)
            *to++ = letters[bits >> (18 - 6 * k) & 63];
    }
    *to = '\0';
}

/* Header and claims, without a signature and without the full stop before it. */
static inline void jwt_maker_begin(char token[static JWT_MAKER_CAP], const char *header, const char *claims)
{
    token[0] = '\0';
    jwt_maker_put(token, header, strlen(header));
    strcat(token, ".");
    jwt_maker_put(token, claims, strlen(claims));
}

static inline void jwt_maker_sign_hmac(char *token, const void *key, size_t key_len)
{
    uint8_t sum[32];
    HMAC(EVP_sha256(), key, (int)key_len, (const uint8_t *)token, strlen(token), sum, NULL);
    strcat(token, ".");
    jwt_maker_put(token, sum, sizeof sum);
}

static inline void jwt_maker_sign(char *token, EVP_PKEY *pkey)
{
    uint8_t     sig[1024];
    size_t      len = sizeof sig;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    int         ok = EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, pkey) == 1 &&
             EVP_DigestSign(ctx, sig, &len, (const uint8_t *)token, strlen(token)) == 1;
    assert(ok);
    EVP_MD_CTX_free(ctx);
    if (EVP_PKEY_get_base_id(pkey) == EVP_PKEY_EC) {
        const uint8_t *p = sig;
        ECDSA_SIG     *pair = d2i_ECDSA_SIG(NULL, &p, (long)len);
        BN_bn2binpad(ECDSA_SIG_get0_r(pair), sig, 32);
        BN_bn2binpad(ECDSA_SIG_get0_s(pair), sig + 32, 32);
        ECDSA_SIG_free(pair);
        len = 64;
    }
    strcat(token, ".");
    jwt_maker_put(token, sig, len);
}

/* The public key as PEM, appended. */
static inline void jwt_maker_put_pem(char *to, EVP_PKEY *pkey)
{
    BIO  *bio = BIO_new(BIO_s_mem());
    char *text;
    PEM_write_bio_PUBKEY(bio, pkey);
    long len = BIO_get_mem_data(bio, &text);
    strncat(to, text, (size_t)len);
    BIO_free(bio);
}

/* A number of a key as base64url, appended. */
static inline void jwt_maker_put_number(char *to, EVP_PKEY *pkey, const char *param)
{
    uint8_t bytes[1024];
    BIGNUM *n = NULL;
    EVP_PKEY_get_bn_param(pkey, param, &n);
    int len = EVP_PKEY_get_base_id(pkey) == EVP_PKEY_EC ? BN_bn2binpad(n, bytes, 32) : BN_bn2bin(n, bytes);
    jwt_maker_put(to, bytes, (size_t)len);
    BN_free(n);
}

#endif
