#include "protocol/token/keys.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <string.h>

#include "core/base64.h"
#include "core/jr.h"
#include "core/mem.h"
#include "core/str.h"

enum {
    P256_LEN = 32,
    NUMBER_MAX = KEY_RSA_BITS_MAX / 8 + 8, /* bytes of a number of a key */
    TEXT_CAP = NUMBER_MAX * 4 / 3 + 4,
};

void key_set_free(struct key_set *s)
{
    for (size_t i = 0; s && i < s->n; i++)
        EVP_PKEY_free(s->keys[i].pkey);
    mem_free(s);
}

static bool is_p256(const EVP_PKEY *pkey)
{
    char   name[32];
    size_t len;
    return EVP_PKEY_get_group_name(pkey, name, sizeof name, &len) == 1 && strcmp(name, "prime256v1") == 0;
}

/* What the key is for. False: for nothing here. */
static bool find_alg(const EVP_PKEY *pkey, enum key_alg *alg)
{
    int kind = EVP_PKEY_get_base_id(pkey), bits = EVP_PKEY_get_bits(pkey);
    *alg = kind == EVP_PKEY_RSA ? KEY_RS256 : KEY_ES256;
    return kind == EVP_PKEY_RSA ? bits >= KEY_RSA_BITS_MIN && bits <= KEY_RSA_BITS_MAX
                                : kind == EVP_PKEY_EC && is_p256(pkey);
}

/* Takes the key over. False: it is not usable, or there are too many. */
static bool add(struct key_set *s, EVP_PKEY *pkey, const char *id)
{
    enum key_alg alg;
    if (!pkey || s->n == KEYS_MAX || !find_alg(pkey, &alg)) {
        EVP_PKEY_free(pkey);
        return false;
    }
    struct key *k = &s->keys[s->n++];
    *k = (struct key){ .alg = alg, .pkey = pkey };
    str_copy(k->id, sizeof k->id, id);
    return true;
}

static struct err *done(struct key_set **out, struct key_set *s, const char *fault)
{
    ERR_clear_error();
    if (!fault && s->n > 0) {
        *out = s;
        return NULL;
    }
    key_set_free(s);
    return err_new(E_HTTPS_KEY_CRT, "%s", fault ? fault : "there is no public key of RSA or P-256");
}

struct err *key_set_read_pem(struct key_set **out, const char *text, size_t len)
{
    struct key_set *s = mem_calloc(1, sizeof *s);
    BIO            *bio = s && len <= KEYS_BYTES_MAX ? BIO_new_mem_buf(text, (int)len) : NULL;
    EVP_PKEY       *pkey;
    const char     *fault = NULL;
    *out = NULL;
    if (!bio) {
        mem_free(s);
        return len > KEYS_BYTES_MAX ? err_new(E_LIMIT, "the file is too long for keys") : err_no_memory();
    }
    while (!fault && (pkey = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL)))
        if (!add(s, pkey, ""))
            fault = "a key is neither RSA of 2048 to 4096 bits nor P-256, or there are too many";
    BIO_free(bio);
    return done(out, s, fault);
}

/* ---- JSON ------------------------------------------------------------------------------------------------------ */

/* The bytes of a number; 0: there is none. */
static size_t read_number(const struct jr_value *jwk, const char *name, uint8_t out[static NUMBER_MAX])
{
    char            text[TEXT_CAP];
    struct jr_value v;
    size_t          len = 0;
    if (!jr_member(jwk, name, &v) || !jr_string(&v, text, sizeof text) ||
        !base64_decode_url(text, strlen(text), out, NUMBER_MAX, &len))
        return 0;
    return len;
}

static EVP_PKEY *from_params(const char *kind, OSSL_PARAM *params)
{
    EVP_PKEY     *pkey = NULL;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, kind, NULL);
    if (!ctx || !params || EVP_PKEY_fromdata_init(ctx) != 1 ||
        EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
        pkey = NULL;
    EVP_PKEY_CTX_free(ctx);
    OSSL_PARAM_free(params);
    return pkey;
}

static EVP_PKEY *read_rsa(const struct jr_value *jwk)
{
    uint8_t         n_bytes[NUMBER_MAX], e_bytes[NUMBER_MAX];
    size_t          n_len = read_number(jwk, "n", n_bytes), e_len = read_number(jwk, "e", e_bytes);
    EVP_PKEY       *pkey = NULL;
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    BIGNUM         *n = BN_bin2bn(n_bytes, (int)n_len, NULL), *e = BN_bin2bn(e_bytes, (int)e_len, NULL);
    if (n_len && e_len && e_len <= sizeof(uint32_t) && build && n && e &&
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) &&
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e))
        pkey = from_params("RSA", OSSL_PARAM_BLD_to_param(build));
    BN_free(n);
    BN_free(e);
    OSSL_PARAM_BLD_free(build);
    return pkey;
}

static EVP_PKEY *read_ec(const struct jr_value *jwk)
{
    uint8_t         x[NUMBER_MAX], y[NUMBER_MAX], point[1 + 2 * P256_LEN] = { 4 }; /* uncompressed: SEC 1, 2.3.3 */
    char            group[] = "prime256v1", crv[16];
    struct jr_value v;
    if (!jr_member(jwk, "crv", &v) || !jr_string(&v, crv, sizeof crv) || strcmp(crv, "P-256") != 0 ||
        read_number(jwk, "x", x) != P256_LEN || read_number(jwk, "y", y) != P256_LEN)
        return NULL;
    memcpy(point + 1, x, P256_LEN);
    memcpy(point + 1 + P256_LEN, y, P256_LEN);
    EVP_PKEY       *pkey = NULL;
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    if (build && OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, group, 0) &&
        OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point))
        pkey = from_params("EC", OSSL_PARAM_BLD_to_param(build));
    OSSL_PARAM_BLD_free(build);
    return pkey;
}

/* True if the member is not there, or is this text. */
static bool may_be(const struct jr_value *jwk, const char *name, const char *text)
{
    char            value[16];
    struct jr_value v;
    return !jr_member(jwk, name, &v) || (jr_string(&v, value, sizeof value) && strcmp(value, text) == 0);
}

static void read_key(struct key_set *s, const struct jr_value *jwk)
{
    char            kind[8], id[KEY_ID_MAX + 1] = "";
    struct jr_value v;
    if (!jr_member(jwk, "kty", &v) || !jr_string(&v, kind, sizeof kind) || !may_be(jwk, "use", "sig") ||
        (jr_member(jwk, "kid", &v) && !jr_string(&v, id, sizeof id)))
        return;
    if (strcmp(kind, "RSA") == 0 && may_be(jwk, "alg", "RS256"))
        add(s, read_rsa(jwk), id);
    else if (strcmp(kind, "EC") == 0 && may_be(jwk, "alg", "ES256"))
        add(s, read_ec(jwk), id);
}

struct err *key_set_read_json(struct key_set **out, const char *text, size_t len)
{
    struct jr_value all, keys, jwk;
    size_t          at = 0;
    *out = NULL;
    if (len > KEYS_BYTES_MAX || !jr_parse(text, len, &all) || !jr_member(&all, "keys", &keys) || keys.kind != JR_ARRAY)
        return err_new(E_HTTPS_KEY_CRT, "this is no key set of JSON");
    struct key_set *s = mem_calloc(1, sizeof *s);
    if (!s)
        return err_no_memory();
    while (s->n < KEYS_MAX && jr_next(&keys, &at, &jwk))
        read_key(s, &jwk);
    return done(out, s, NULL);
}

/* ---- signatures ------------------------------------------------------------------------------------------------ */

static bool verify(EVP_PKEY *pkey, const void *bytes, size_t len, const uint8_t *signature, size_t signature_len)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool        is = ctx && EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, pkey) == 1 &&
              EVP_DigestVerify(ctx, signature, signature_len, bytes, len) == 1;
    EVP_MD_CTX_free(ctx);
    ERR_clear_error();
    return is;
}

/* OpenSSL wants the two numbers as ASN.1 (RFC 7518 3.4 has them side by side). */
static bool verify_ec(EVP_PKEY *pkey, const void *bytes, size_t len, const uint8_t *signature)
{
    ECDSA_SIG *sig = ECDSA_SIG_new();
    BIGNUM    *r = BN_bin2bn(signature, P256_LEN, NULL), *s = BN_bin2bn(signature + P256_LEN, P256_LEN, NULL);
    uint8_t   *der = NULL;
    bool       is = false;
    if (sig && r && s && ECDSA_SIG_set0(sig, r, s) == 1) {
        int der_len = i2d_ECDSA_SIG(sig, &der);
        is = der_len > 0 && verify(pkey, bytes, len, der, (size_t)der_len);
    } else {
        BN_free(r);
        BN_free(s);
    }
    OPENSSL_free(der);
    ECDSA_SIG_free(sig);
    return is;
}

bool key_has_signed(const struct key *k, const void *bytes, size_t len, const uint8_t *signature, size_t signature_len)
{
    if (k->alg == KEY_ES256)
        return signature_len == 2 * P256_LEN && verify_ec(k->pkey, bytes, len, signature);
    return verify(k->pkey, bytes, len, signature, signature_len);
}
