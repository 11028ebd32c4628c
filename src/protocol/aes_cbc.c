#include "protocol/aes_cbc.h"

#include <limits.h>
#include <openssl/evp.h>

#include "core/mem.h"

struct aes_cbc {
    EVP_CIPHER_CTX *ctx;
};

struct err *aes_cbc_create(struct aes_cbc **out)
{
    struct aes_cbc *c = mem_calloc(1, sizeof *c);
    *out = NULL;
    if (c && (c->ctx = EVP_CIPHER_CTX_new())) {
        *out = c;
        return NULL;
    }
    mem_free(c);
    return err_no_memory();
}

void aes_cbc_destroy(struct aes_cbc **cp)
{
    struct aes_cbc *c = *cp;
    *cp = NULL;
    if (c)
        EVP_CIPHER_CTX_free(c->ctx);
    mem_free(c);
}

bool aes_cbc_begin(struct aes_cbc *c, const uint8_t key[static AES_CBC_BLOCK], const uint8_t iv[static AES_CBC_BLOCK])
{
    return EVP_EncryptInit_ex2(c->ctx, EVP_aes_128_cbc(), key, iv, NULL) == 1 &&
           EVP_CIPHER_CTX_set_padding(c->ctx, 0) == 1;
}

bool aes_cbc_encrypt(struct aes_cbc *c, const uint8_t *in, uint8_t *out, size_t len)
{
    int n = 0;
    return len <= INT_MAX && EVP_EncryptUpdate(c->ctx, out, &n, in, (int)len) == 1 && (size_t)n == len;
}

bool aes_cbc_begin_decrypt(struct aes_cbc *c, const uint8_t key[static AES_CBC_BLOCK],
                           const uint8_t iv[static AES_CBC_BLOCK])
{
    return EVP_DecryptInit_ex2(c->ctx, EVP_aes_128_cbc(), key, iv, NULL) == 1 &&
           EVP_CIPHER_CTX_set_padding(c->ctx, 0) == 1;
}

bool aes_cbc_decrypt(struct aes_cbc *c, const uint8_t *in, uint8_t *out, size_t len)
{
    int n = 0;
    return len <= INT_MAX && EVP_DecryptUpdate(c->ctx, out, &n, in, (int)len) == 1 && (size_t)n == len;
}
