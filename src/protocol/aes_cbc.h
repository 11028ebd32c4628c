/**
 * AES-128 in CBC mode, without padding, a piece at a time.
 *
 * Source     FIPS 197, NIST SP 800-38A 6.2
 * Yields     no
 */
#ifndef PROTOCOL_AES_CBC_H
#define PROTOCOL_AES_CBC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/err.h"

enum { AES_CBC_BLOCK = 16 };

struct aes_cbc;

struct err *aes_cbc_create(struct aes_cbc **c) ATTR_MUST_USE;

/** Takes NULL; *c becomes NULL. */
void aes_cbc_destroy(struct aes_cbc **c);

/** Begin a chain. False if the library fails. */
bool aes_cbc_begin(struct aes_cbc *c, const uint8_t key[static AES_CBC_BLOCK],
                   const uint8_t iv[static AES_CBC_BLOCK]) ATTR_MUST_USE;

/** Encrypt `len` bytes, a multiple of AES_CBC_BLOCK, and go on with the chain. `out` may be `in`. False if the library fails. */
bool aes_cbc_encrypt(struct aes_cbc *c, const uint8_t *in, uint8_t *out, size_t len) ATTR_MUST_USE;

/** The same for decryption: begin a chain, and go on with it. */
bool aes_cbc_begin_decrypt(struct aes_cbc *c, const uint8_t key[static AES_CBC_BLOCK],
                           const uint8_t iv[static AES_CBC_BLOCK]) ATTR_MUST_USE;
bool aes_cbc_decrypt(struct aes_cbc *c, const uint8_t *in, uint8_t *out, size_t len) ATTR_MUST_USE;

#endif
