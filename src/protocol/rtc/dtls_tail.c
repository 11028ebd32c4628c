#include "protocol/rtc/dtls_tail.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/ssl.h>
#include <string.h>

#include "core/ident.h"
#include "core/rd.h"
#include "core/wr.h"

enum {
    CHANGE_CIPHER_SPEC = 20,
    ALERT = 21,
    HANDSHAKE = 22,
    VERSION_1_2 = 0xFEFD,
    FATAL = 2,
    CLOSE_NOTIFY = 0,
    WARNING = 1
};
enum {
    RECORD_HEAD = 13,
    EXPLICIT_LEN = 8,
    TAG_LEN = 16,
    SALT_LEN = 4,
    ALERT_LEN = 2,
    RANDOM_LEN = 32,
    MASTER_LEN = 48
};

/* Far above the numbers that OpenSSL has used for what it sent with these keys: its Finished, a few times at most. */
enum { GOODBYE_SEQ = 1 << 16 };

/* The key block: "key expansion" over both randoms, the server's first. */
static bool expand(SSL *ssl, const EVP_MD *md, uint8_t *out, size_t len)
{
    uint8_t      master[MASTER_LEN], seed[13 + 2 * RANDOM_LEN] = "key expansion";
    EVP_KDF     *prf = EVP_KDF_fetch(NULL, OSSL_KDF_NAME_TLS1_PRF, NULL);
    EVP_KDF_CTX *ctx = prf ? EVP_KDF_CTX_new(prf) : NULL;
    SSL_get_server_random(ssl, seed + 13, RANDOM_LEN);
    SSL_get_client_random(ssl, seed + 13 + RANDOM_LEN, RANDOM_LEN);
    size_t           n = SSL_SESSION_get_master_key(SSL_get_session(ssl), master, sizeof master);
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)EVP_MD_get0_name(md), 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SECRET, master, n),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED, seed, sizeof seed),
        OSSL_PARAM_construct_end(),
    };
    bool ok = ctx && n == MASTER_LEN && EVP_KDF_derive(ctx, out, len, params) > 0;
    OPENSSL_cleanse(master, sizeof master);
    EVP_KDF_CTX_free(ctx);
    EVP_KDF_free(prf);
    return ok;
}

bool dtls_tail_take(struct dtls_tail *t, SSL *ssl, bool is_client)
{
    uint8_t           block[2 * (32 + SALT_LEN)];
    const SSL_CIPHER *c = SSL_get_current_cipher(ssl);
    int               nid = c ? SSL_CIPHER_get_cipher_nid(c) : NID_undef;
    const EVP_MD     *md = c ? SSL_CIPHER_get_handshake_digest(c) : NULL;
    size_t            key_len = nid == NID_aes_256_gcm ? 32 : 16;
    if (SSL_version(ssl) != DTLS1_2_VERSION || (nid != NID_aes_128_gcm && nid != NID_aes_256_gcm) || !md ||
        !expand(ssl, md, block, 2 * (key_len + SALT_LEN))) {
        ERR_clear_error();
        return false;
    }
    struct dtls_tail_key *client = is_client ? &t->out : &t->in, *server = is_client ? &t->in : &t->out;
    memcpy(client->key, block, key_len);
    memcpy(server->key, block + key_len, key_len);
    memcpy(client->salt, block + 2 * key_len, SALT_LEN);
    memcpy(server->salt, block + 2 * key_len + SALT_LEN, SALT_LEN);
    OPENSSL_cleanse(block, sizeof block);
    t->cipher = nid == NID_aes_256_gcm ? EVP_aes_256_gcm() : EVP_aes_128_gcm();
    return true;
}

/* Encrypt or decrypt an alert in place: nonce, alert and tag follow the head of the record. */
static bool crypt_alert(const struct dtls_tail *t, const struct dtls_tail_key *k, uint8_t record[DTLS_GOODBYE_LEN],
                        bool encrypt)
{
    uint8_t         iv[SALT_LEN + EXPLICIT_LEN], aad[RECORD_HEAD], *alert = record + RECORD_HEAD + EXPLICIT_LEN;
    struct wr       w = wr_over(aad, sizeof aad);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int             n = 0;
    memcpy(iv, k->salt, SALT_LEN);
    memcpy(iv + SALT_LEN, record + RECORD_HEAD, EXPLICIT_LEN);
    wr_bytes(&w, record + 3, 8); /* epoch and number */
    wr_bytes(&w, record, 3);     /* type and version */
    wr_u16(&w, ALERT_LEN);
    bool ok = ctx && EVP_CipherInit_ex(ctx, t->cipher, NULL, k->key, iv, encrypt) &&
              EVP_CipherUpdate(ctx, NULL, &n, aad, sizeof aad) &&
              (encrypt || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG_LEN, alert + ALERT_LEN)) &&
              EVP_CipherUpdate(ctx, alert, &n, alert, ALERT_LEN) && EVP_CipherFinal_ex(ctx, alert + n, &n) > 0 &&
              (!encrypt || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG_LEN, alert + ALERT_LEN));
    EVP_CIPHER_CTX_free(ctx);
    ERR_clear_error();
    return ok;
}

static bool is_goodbye(const struct dtls_tail *t, const uint8_t *record)
{
    uint8_t copy[DTLS_GOODBYE_LEN];
    memcpy(copy, record, sizeof copy);
    if (!crypt_alert(t, &t->in, copy, false))
        return false;
    const uint8_t *alert = copy + RECORD_HEAD + EXPLICIT_LEN;
    return alert[0] == FATAL || alert[1] == CLOSE_NOTIFY;
}

enum dtls_tail_said dtls_tail_read(const struct dtls_tail *t, const uint8_t *bytes, size_t len)
{
    enum dtls_tail_said said = DTLS_SAID_NOTHING;
    for (struct rd r = rd_over(bytes, len); rd_left(&r) > 0;) {
        const uint8_t *record = r.p;
        unsigned       type = rd_u8(&r);
        rd_u16(&r);
        unsigned epoch = rd_u16(&r);
        rd_bytes(&r, 6);
        size_t body = rd_u16(&r);
        if (!rd_bytes(&r, body))
            break;
        if (type == HANDSHAKE || type == CHANGE_CIPHER_SPEC)
            said = DTLS_SAID_HANDSHAKE;
        else if (type == ALERT && epoch == 1 && RECORD_HEAD + body == DTLS_GOODBYE_LEN && is_goodbye(t, record))
            return DTLS_SAID_GOODBYE;
    }
    return said;
}

bool dtls_tail_goodbye(const struct dtls_tail *t, uint8_t out[static DTLS_GOODBYE_LEN])
{
    struct wr w = wr_over(out, DTLS_GOODBYE_LEN);
    uint8_t   nonce[EXPLICIT_LEN]; /* OpenSSL begins at random, too */
    if (!random_secret(nonce, sizeof nonce))
        return false;
    wr_u8(&w, ALERT);
    wr_u16(&w, VERSION_1_2);
    wr_u16(&w, 1); /* epoch; then the number of 48 bits */
    wr_u16(&w, 0);
    wr_u32(&w, GOODBYE_SEQ);
    wr_u16(&w, DTLS_GOODBYE_LEN - RECORD_HEAD);
    wr_bytes(&w, nonce, sizeof nonce);
    wr_u8(&w, WARNING);
    wr_u8(&w, CLOSE_NOTIFY);
    return crypt_alert(t, &t->out, out, true);
}

void dtls_flight_note(struct dtls_flight *f, const uint8_t *bytes, size_t len)
{
    size_t used = (size_t)f->len[0] + f->len[1];
    f->is_cut |= f->n_parts == DTLS_FLIGHT_PARTS || len > DTLS_FLIGHT_BYTES - used;
    if (f->is_cut)
        return;
    memcpy(f->bytes + used, bytes, len);
    f->len[f->n_parts++] = (uint16_t)len;
}
