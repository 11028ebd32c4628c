#include "app/relay/hls_cipher.h"

#include <string.h>

#include "protocol/co.h"

/* Bytes of one turn: a multiple of the block. */
enum { PIECE_BYTES = 64 << 10 };

void hls_cipher_iv(const struct hls_key *key, int64_t number, uint8_t iv[static AES_CBC_BLOCK])
{
    if (key->has_iv) {
        memcpy(iv, key->iv, AES_CBC_BLOCK);
        return;
    }
    memset(iv, 0, AES_CBC_BLOCK);
    for (int i = 0; i < 8; i++)
        iv[AES_CBC_BLOCK - 1 - i] = (uint8_t)((uint64_t)number >> 8 * i);
}

static struct err *decrypt(struct aes_cbc *c, uint8_t *bytes, size_t len, const uint8_t *key, const uint8_t *iv)
{
    bool ok = aes_cbc_begin_decrypt(c, key, iv);
    for (size_t at = 0; ok && at < len; at += PIECE_BYTES) {
        size_t n = len - at < PIECE_BYTES ? len - at : PIECE_BYTES;
        ok = aes_cbc_decrypt(c, bytes + at, bytes + at, n);
        co_give_way_by_time();
    }
    return ok ? NULL : err_new(E_HTTP_DATA_INVALID, "a segment cannot be decrypted");
}

/* Take the padding off: its last byte tells how many there are, all of which are equal. */
static struct err *unpad(const uint8_t *bytes, size_t *len)
{
    size_t n = bytes[*len - 1];
    bool   ok = n >= 1 && n <= AES_CBC_BLOCK;
    for (size_t i = 0; ok && i < n; i++)
        ok = bytes[*len - 1 - i] == n;
    if (!ok)
        return err_new(E_HTTP_DATA_INVALID, "an encrypted segment does not end with its padding");
    *len -= n;
    return NULL;
}

struct err *hls_cipher_decrypt(uint8_t *bytes, size_t *len, const uint8_t key[static AES_CBC_BLOCK],
                               const uint8_t iv[static AES_CBC_BLOCK])
{
    struct aes_cbc *c;
    if (*len == 0 || *len % AES_CBC_BLOCK)
        return err_new(E_HTTP_DATA_INVALID, "an encrypted segment of %zu bytes", *len);
    struct err *e = aes_cbc_create(&c);
    if (!e)
        e = decrypt(c, bytes, *len, key, iv);
    aes_cbc_destroy(&c);
    return e ? e : unpad(bytes, len);
}
