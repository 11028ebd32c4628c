#include "protocol/rtc/srtp_key.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <string.h>

enum { TAG_GCM = 16, TAG_CM = 10, LABEL_AT = 7, AES_BLOCK = 16 };

/* A context, and the number of the key that it is loaded with. */
struct context {
    EVP_CIPHER_CTX *ctx;
    uint64_t        loaded;
};

static uint64_t       last_number;
static struct context sealing[2], opening[2], counting; /* AES-GCM of 128 and 256 bits; AES_CM */
static EVP_MAC_CTX   *mac;

static size_t key_len(enum rtc_srtp_profile profile)
{
    return profile == RTC_SRTP_AEAD_AES_256_GCM ? 32 : 16;
}

static size_t salt_len(enum rtc_srtp_profile profile)
{
    return profile == RTC_SRTP_AES128_CM_SHA1_80 ? 14 : 12;
}

size_t srtp_key_tag_len(const struct srtp_key *k)
{
    return k->profile == RTC_SRTP_AES128_CM_SHA1_80 ? TAG_CM : TAG_GCM;
}

/* Load the context with a key, unless it has it, and with an IV. */
static bool load(struct context *c, const EVP_CIPHER *cipher, const struct srtp_key *k, const uint8_t *iv, int encrypt)
{
    bool is_new = !c->ctx;
    if (is_new && !(c->ctx = EVP_CIPHER_CTX_new()))
        return false;
    bool same = c->loaded == k->number;
    c->loaded = 0; /* if this fails, the context is of no key */
    if (!EVP_CipherInit_ex(c->ctx, is_new ? cipher : NULL, NULL, same ? NULL : k->key, iv, encrypt)) {
        EVP_CIPHER_CTX_free(c->ctx);
        c->ctx = NULL;
        return false;
    }
    c->loaded = k->number;
    return true;
}

/* Key stream for one label (RFC 3711 4.3.1, 4.3.3): the index is 0, as keys are derived once. */
static bool derive(EVP_CIPHER_CTX *ctx, enum rtc_srtp_profile profile, uint8_t label, const uint8_t *key,
                   const uint8_t *salt, uint8_t *out, size_t len)
{
    uint8_t iv[AES_BLOCK] = { 0 };
    int     n = 0;
    memcpy(iv, salt, salt_len(profile)); /* a salt of 96 bits is followed by zeros: RFC 7714 11 */
    iv[LABEL_AT] ^= label;
    memset(out, 0, len);
    return EVP_EncryptInit_ex(ctx, key_len(profile) == 32 ? EVP_aes_256_ctr() : EVP_aes_128_ctr(), NULL, key, iv) &&
           EVP_EncryptUpdate(ctx, out, &n, out, (int)len);
}

bool srtp_key_derive(struct srtp_key *k, enum rtc_srtp_profile profile, enum srtp_use use, const uint8_t *master_key,
                     const uint8_t *master_salt)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    *k = (struct srtp_key){ .number = ++last_number, .profile = profile };
    bool ok = ctx && derive(ctx, profile, (uint8_t)use, master_key, master_salt, k->key, key_len(profile)) &&
              derive(ctx, profile, (uint8_t)(use + 1), master_key, master_salt, k->auth, sizeof k->auth) &&
              derive(ctx, profile, (uint8_t)(use + 2), master_key, master_salt, k->salt, salt_len(profile));
    EVP_CIPHER_CTX_free(ctx);
    return ok;
}

/* Begin AES-GCM: key, IV and what is authenticated only. */
static EVP_CIPHER_CTX *gcm(const struct srtp_key *k, const uint8_t *iv, const struct srtp_aad *aad, bool encrypt)
{
    bool              large = k->profile == RTC_SRTP_AEAD_AES_256_GCM;
    struct context   *c = encrypt ? &sealing[large] : &opening[large];
    const EVP_CIPHER *cipher = large ? EVP_aes_256_gcm() : EVP_aes_128_gcm();
    int               n = 0;
    if (!load(c, cipher, k, iv, encrypt) || !EVP_CipherUpdate(c->ctx, NULL, &n, aad->head, (int)aad->head_len) ||
        (aad->more && !EVP_CipherUpdate(c->ctx, NULL, &n, aad->more, (int)aad->more_len)))
        return NULL;
    return c->ctx;
}

bool srtp_key_gcm_seal(const struct srtp_key *k, const uint8_t iv[static SRTP_IV_GCM], const struct srtp_aad *aad,
                       uint8_t *bytes, size_t len, uint8_t *tag)
{
    EVP_CIPHER_CTX *ctx = gcm(k, iv, aad, true);
    int             n = 0;
    return ctx && EVP_EncryptUpdate(ctx, bytes, &n, bytes, (int)len) && EVP_EncryptFinal_ex(ctx, bytes + n, &n) &&
           EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG_GCM, tag);
}

bool srtp_key_gcm_open(const struct srtp_key *k, const uint8_t iv[static SRTP_IV_GCM], const struct srtp_aad *aad,
                       uint8_t *bytes, size_t len, const uint8_t *tag)
{
    EVP_CIPHER_CTX *ctx = gcm(k, iv, aad, false);
    int             n = 0;
    uint8_t         expected[TAG_GCM];
    memcpy(expected, tag, sizeof expected);
    bool ok = ctx && EVP_DecryptUpdate(ctx, bytes, &n, bytes, (int)len) &&
              EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG_GCM, expected) &&
              EVP_DecryptFinal_ex(ctx, bytes + n, &n) > 0;
    if (!ok)
        ERR_clear_error();
    return ok;
}

bool srtp_key_cm(const struct srtp_key *k, const uint8_t iv[static SRTP_IV_CM], uint8_t *bytes, size_t len)
{
    int n = 0;
    return load(&counting, EVP_aes_128_ctr(), k, iv, true) &&
           EVP_EncryptUpdate(counting.ctx, bytes, &n, bytes, (int)len);
}

static EVP_MAC_CTX *make_mac(void)
{
    EVP_MAC         *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX     *ctx = hmac ? EVP_MAC_CTX_new(hmac) : NULL;
    char             sha1[] = "SHA1";
    const OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, sha1, 0),
                                  OSSL_PARAM_construct_end() };
    EVP_MAC_free(hmac);
    if (ctx && !EVP_MAC_CTX_set_params(ctx, params)) {
        EVP_MAC_CTX_free(ctx);
        ctx = NULL;
    }
    return ctx;
}

bool srtp_key_mac(const struct srtp_key *k, const uint8_t *bytes, size_t len, const uint8_t *more, uint8_t *tag)
{
    uint8_t whole[SRTP_AUTH_LEN];
    size_t  n = 0;
    if (!mac)
        mac = make_mac();
    if (!mac || !EVP_MAC_init(mac, k->auth, sizeof k->auth, NULL) || !EVP_MAC_update(mac, bytes, len) ||
        (more && !EVP_MAC_update(mac, more, 4)) || !EVP_MAC_final(mac, whole, &n, sizeof whole))
        return false;
    memcpy(tag, whole, TAG_CM);
    return true;
}
