#include "protocol/rtc/dtls_identity.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "core/hex.h"
#include "core/ident.h"
#include "core/mem.h"

/* Validity begins a day ago, for peers whose clocks are behind. */
enum { VALID_DAYS = 30, DAY_S = 24 * 3600, RSA_BITS = 2048, CERTIFICATES_MAX = 16 << 10, FRAGMENT_MAX = 1200 };

/* RFC 8827 6.5: ECDHE with P-256 and AES of 128 bits in GCM must be there; what ends in SHA is for DTLS 1.0. */
static const char ciphers[] =
    "ECDHE+AESGCM+AES128:ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA:"
    "ECDHE-ECDSA-AES256-SHA:ECDHE-RSA-AES256-SHA";
static const char groups[] = "X25519:P-256:P-384";
static const char profiles[] = "SRTP_AEAD_AES_128_GCM:SRTP_AEAD_AES_256_GCM:SRTP_AES128_CM_SHA1_80";

struct dtls_identity {
    size_t                  refs;
    SSL_CTX                *ctx;
    struct dtls_fingerprint fingerprint;
    int64_t                 wall_expiry_s;
};

/* ---- fingerprints ---- */

static const struct {
    const char *name;
    uint8_t     len;
} hashes[] = {
    [DTLS_SHA256] = { "sha-256", 32 },
    [DTLS_SHA384] = { "sha-384", 48 },
    [DTLS_SHA512] = { "sha-512", 64 },
};

bool dtls_fingerprint_parse(struct dtls_fingerprint *f, const char *text, size_t len)
{
    *f = (struct dtls_fingerprint){ 0 };
    for (size_t i = 0; i < ARRAY_LEN(hashes); i++) {
        size_t name = strlen(hashes[i].name), digits = 3 * (size_t)hashes[i].len - 1;
        if (len != name + 1 + digits || strncasecmp(text, hashes[i].name, name) != 0 || text[name] != ' ')
            continue;
        const char *at = text + name + 1;
        for (size_t byte = 0; byte < hashes[i].len; byte++, at += 3)
            if (!hex_decode(at, &f->bytes[byte], 1) || (byte + 1 < hashes[i].len && at[2] != ':'))
                return false;
        f->hash = (enum dtls_hash)i;
        f->len = hashes[i].len;
        return true;
    }
    return false;
}

const char *dtls_fingerprint_text(const struct dtls_fingerprint *f, char text[static DTLS_FINGERPRINT_CAP])
{
    char *at = text + snprintf(text, DTLS_FINGERPRINT_CAP, "%s", hashes[f->hash].name);
    for (size_t i = 0; i < f->len; i++, at += 3)
        snprintf(at, 4, "%c%02X", i ? ':' : ' ', f->bytes[i]);
    return text;
}

static const EVP_MD *digest_of(enum dtls_hash hash)
{
    return hash == DTLS_SHA512 ? EVP_sha512() : hash == DTLS_SHA384 ? EVP_sha384() : EVP_sha256();
}

bool dtls_fingerprint_is_of(const struct dtls_fingerprint *f, const X509 *certificate)
{
    uint8_t  bytes[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    return f->len && X509_digest(certificate, digest_of(f->hash), bytes, &len) && len == f->len &&
           memcmp(bytes, f->bytes, len) == 0;
}

/* ---- the certificate ---- */

/* Fill in and sign: a random serial number and name, so that nothing tells of this server (RFC 8827 6.5). */
static bool fill(X509 *x, EVP_PKEY *key)
{
    uint64_t   serial = 0;
    char       name[2 * IDENT_LEN + 1];
    X509_NAME *subject = X509_get_subject_name(x);
    random_bytes(&serial, sizeof serial);
    ident_random(name, sizeof name - 1);
    return X509_set_version(x, X509_VERSION_3) && ASN1_INTEGER_set_uint64(X509_get_serialNumber(x), serial >> 1 | 1) &&
           X509_gmtime_adj(X509_getm_notBefore(x), -DAY_S) &&
           X509_gmtime_adj(X509_getm_notAfter(x), VALID_DAYS * DAY_S) &&
           X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const uint8_t *)name, -1, -1, 0) &&
           X509_set_issuer_name(x, subject) && X509_set_pubkey(x, key) && X509_sign(x, key, EVP_sha256());
}

/* Set what all connections share. SRTP packets are not read by OpenSSL, so nothing but a handshake and a goodbye goes through. */
static bool configure(SSL_CTX *ctx, X509 *certificate, EVP_PKEY *key)
{
    SSL_CTX_set_options(ctx, SSL_OP_NO_QUERY_MTU | SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                 SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_max_cert_list(ctx, CERTIFICATES_MAX);
    SSL_CTX_set_max_send_fragment(ctx, FRAGMENT_MAX);
    return SSL_CTX_set_min_proto_version(ctx, DTLS1_VERSION) && SSL_CTX_set_cipher_list(ctx, ciphers) &&
           SSL_CTX_set1_groups_list(ctx, groups) && SSL_CTX_set_tlsext_use_srtp(ctx, profiles) == 0 &&
           SSL_CTX_use_certificate(ctx, certificate) == 1 && SSL_CTX_use_PrivateKey(ctx, key) == 1;
}

static bool make(struct dtls_identity *identity, bool use_rsa)
{
    EVP_PKEY *key = use_rsa ? EVP_RSA_gen(RSA_BITS) : EVP_EC_gen("P-256");
    X509     *x = X509_new();
    unsigned  len = 0;
    bool      ok = key && x && fill(x, key) && (identity->ctx = SSL_CTX_new(DTLS_method())) &&
              configure(identity->ctx, x, key) && X509_digest(x, EVP_sha256(), identity->fingerprint.bytes, &len);
    identity->fingerprint.len = (uint8_t)len;
    identity->wall_expiry_s = (int64_t)time(NULL) + (int64_t)VALID_DAYS * DAY_S;
    X509_free(x);
    EVP_PKEY_free(key);
    return ok;
}

struct err *dtls_identity_new(struct dtls_identity **out, bool use_rsa)
{
    struct dtls_identity *identity = mem_calloc(1, sizeof *identity);
    *out = NULL;
    if (!identity)
        return err_no_memory();
    identity->refs = 1;
    if (!make(identity, use_rsa)) {
        char reason[256];
        ERR_error_string_n(ERR_get_error(), reason, sizeof reason);
        ERR_clear_error();
        dtls_identity_unref(&identity);
        return err_new(E_RTC_DTLS, "make a certificate: %s", reason);
    }
    *out = identity;
    return NULL;
}

struct dtls_identity *dtls_identity_ref(struct dtls_identity *identity)
{
    identity->refs++;
    return identity;
}

void dtls_identity_unref(struct dtls_identity **identity)
{
    struct dtls_identity *i = *identity;
    *identity = NULL;
    if (!i || --i->refs)
        return;
    SSL_CTX_free(i->ctx);
    mem_free(i);
}

const struct dtls_fingerprint *dtls_identity_fingerprint(const struct dtls_identity *identity)
{
    return &identity->fingerprint;
}

int64_t dtls_identity_wall_expiry_s(const struct dtls_identity *identity)
{
    return identity->wall_expiry_s;
}

SSL_CTX *dtls_identity_ctx(const struct dtls_identity *identity)
{
    return identity->ctx;
}
