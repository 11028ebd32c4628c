#include "protocol/tls/seal.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <string.h>

#include "core/attr.h"
#include "core/iov.h"
#include "core/str.h"

static const struct kind {
    uint32_t    suite; /* RFC 8446, B.4 */
    const char *cipher, *digest;
    uint8_t     key_len, hash_len;
} kinds[] = {
    { TLS1_3_CK_AES_128_GCM_SHA256, "AES-128-GCM", "SHA256", 16, 32 },
    { TLS1_3_CK_AES_256_GCM_SHA384, "AES-256-GCM", "SHA384", 32, 48 },
    { TLS1_3_CK_CHACHA20_POLY1305_SHA256, "ChaCha20-Poly1305", "SHA256", 32, 32 },
};

/* One context for each cipher: a context for each connection would take 1 KiB, and its cache misses cost as much as a new key. */
static EVP_CIPHER_CTX    *contexts[ARRAY_LEN(kinds)];
static const struct seal *keyed[ARRAY_LEN(kinds)]; /* whose key the context has; NULL: nobody's */

static void forget_key(const struct seal *s)
{
    if (keyed[s->kind] == s)
        keyed[s->kind] = NULL;
}

static EVP_CIPHER_CTX *context(size_t kind)
{
    if (contexts[kind])
        return contexts[kind];
    EVP_CIPHER     *cipher = EVP_CIPHER_fetch(NULL, kinds[kind].cipher, NULL);
    EVP_CIPHER_CTX *ctx = cipher ? EVP_CIPHER_CTX_new() : NULL;
    if (ctx && EVP_EncryptInit_ex2(ctx, cipher, NULL, NULL, NULL) == 1) {
        contexts[kind] = ctx;
        ctx = NULL;
    }
    EVP_CIPHER_CTX_free(ctx);
    EVP_CIPHER_free(cipher);
    return contexts[kind];
}

/* ---- keys */

/* HKDF-Expand-Label(secret, label, "", len) of RFC 8446, 7.1. */
static bool expand(const struct seal *s, const char *label, uint8_t *out, size_t len)
{
    int          mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY;
    EVP_KDF     *kdf = EVP_KDF_fetch(NULL, "TLS13-KDF", NULL);
    EVP_KDF_CTX *ctx = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
    OSSL_PARAM   params[] = {
          OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode),
          OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)kinds[s->kind].digest, 0),
          OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)s->secret, s->secret_len),
          OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_PREFIX, "tls13 ", 6),
          OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_LABEL, (void *)label, strlen(label)),
          OSSL_PARAM_construct_end(),
    };
    bool done = ctx && EVP_KDF_derive(ctx, out, len, params) == 1;
    EVP_KDF_CTX_free(ctx);
    EVP_KDF_free(kdf);
    return done;
}

static bool make_keys(struct seal *s)
{
    s->seq = 0;
    forget_key(s);
    return expand(s, "key", s->key, kinds[s->kind].key_len) && expand(s, "iv", s->iv, sizeof s->iv);
}

/* A line is "LABEL client_random secret", the last two in hexadecimal. */
void seal_note(struct seal *s, const SSL *ssl, const char *line)
{
    const char *label = SSL_is_server((SSL *)ssl) ? "SERVER_TRAFFIC_SECRET_0 " : "CLIENT_TRAFFIC_SECRET_0 ";
    const char *hex = strrchr(line, ' ');
    size_t      len = 0;
    if (strncmp(line, label, strlen(label)) != 0 || !hex)
        return;
    if (OPENSSL_hexstr2buf_ex(s->secret, sizeof s->secret, &len, hex + 1, '\0') == 1)
        s->secret_len = (uint8_t)len;
}

bool seal_begin(struct seal *s, const SSL *ssl)
{
    const SSL_CIPHER *cipher = SSL_get_current_cipher(ssl);
    if (s->is_on) /* newer OpenSSL announces the keys after an update, which seal_update() has made */
        return true;
    if (!cipher || SSL_version(ssl) != TLS1_3_VERSION)
        return false;
    for (size_t i = 0; i < ARRAY_LEN(kinds) && !s->is_on; i++) {
        s->kind = (uint8_t)i;
        s->is_on = kinds[i].suite == SSL_CIPHER_get_id(cipher) && kinds[i].hash_len == s->secret_len && context(i) &&
                   make_keys(s);
    }
    return s->is_on;
}

bool seal_update(struct seal *s)
{
    uint8_t next[SEAL_SECRET_MAX];
    if (!expand(s, "traffic upd", next, s->secret_len))
        return false;
    memcpy(s->secret, next, s->secret_len);
    OPENSSL_cleanse(next, sizeof next);
    return make_keys(s);
}

void seal_finish(struct seal *s)
{
    forget_key(s);
    OPENSSL_cleanse(s, sizeof *s);
}

/* ---- records */

static bool begin_record(struct seal *s, EVP_CIPHER_CTX *ctx)
{
    uint8_t  nonce[SEAL_IV];
    uint64_t seq = s->seq++;
    memcpy(nonce, s->iv, sizeof nonce);
    for (size_t i = sizeof nonce; seq; seq >>= 8)
        nonce[--i] ^= (uint8_t)seq;
    const uint8_t *key = keyed[s->kind] == s ? NULL : s->key;
    keyed[s->kind] = NULL; /* a failure leaves the context with an unknown key */
    if (EVP_EncryptInit_ex2(ctx, NULL, key, nonce, NULL) != 1)
        return false;
    keyed[s->kind] = s;
    return true;
}

size_t seal_record(struct seal *s, uint8_t type, const struct iovec *iov, int n, uint8_t *out)
{
    EVP_CIPHER_CTX *ctx = contexts[s->kind];
    uint8_t        *p = out + SEAL_HEADER;
    size_t          len = iov_sum(iov, n) + 1 + EVP_GCM_TLS_TAG_LEN;
    int             done = 0;
    const uint8_t   header[SEAL_HEADER] = { SSL3_RT_APPLICATION_DATA, 3, 3, (uint8_t)(len >> 8), (uint8_t)len };
    memcpy(out, header, sizeof header);
    bool good = begin_record(s, ctx) && EVP_EncryptUpdate(ctx, NULL, &done, out, SEAL_HEADER) == 1;
    for (int i = 0; good && i < n; i++, p += done)
        good = EVP_EncryptUpdate(ctx, p, &done, iov[i].iov_base, (int)iov[i].iov_len) == 1;
    good = good && EVP_EncryptUpdate(ctx, p, &done, &type, 1) == 1;
    p += done;
    good = good && EVP_EncryptFinal_ex(ctx, p, &done) == 1 &&
           EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, EVP_GCM_TLS_TAG_LEN, p) == 1;
    return good ? SEAL_HEADER + len : 0;
}
