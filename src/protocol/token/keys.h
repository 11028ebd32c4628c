/**
 * Public keys that verify tokens, from PEM or from a JSON Web Key Set. Each key is for one algorithm, so that no key of one kind is ever
 * used as one of another.
 *
 * Source     RFC 7468 (PEM), RFC 7517 (JWK), RFC 7518 3.1, 6
 * Yields     no
 */
#ifndef PROTOCOL_TOKEN_KEYS_H
#define PROTOCOL_TOKEN_KEYS_H

#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/err.h"

/* Keys of one set, bytes of a file or reply with keys, characters of a key's id. */
enum { KEYS_MAX = 16, KEYS_BYTES_MAX = 64 << 10, KEY_ID_MAX = 128 };

/* Bits of an RSA key: less is too weak (RFC 7518 3.3), more costs too much. */
enum { KEY_RSA_BITS_MIN = 2048, KEY_RSA_BITS_MAX = 4096 };

enum key_alg { KEY_RS256, KEY_ES256 };

struct key {
    enum key_alg alg;
    EVP_PKEY    *pkey;
    char         id[KEY_ID_MAX + 1]; /* "": it has none */
};

struct key_set {
    struct key keys[KEYS_MAX];
    size_t     n;
};

/**
 * Read the public keys of a PEM text.
 *
 * Ownership  *out is the caller's: key_set_free()
 * Errors     E_HTTPS_KEY_CRT: there is no key, or one is neither RSA nor P-256, or has too few or too many bits; out of memory
 */
struct err *key_set_read_pem(struct key_set **out, const char *text, size_t len) ATTR_MUST_USE;

/**
 * Read a key set of JSON. Keys that are for something else, or of another kind, are left out; symmetric keys are, too.
 *
 * Ownership  as above
 * Errors     E_HTTPS_KEY_CRT: it is no key set, or no key is left; out of memory
 */
struct err *key_set_read_json(struct key_set **out, const char *text, size_t len) ATTR_MUST_USE;

/** Takes NULL. */
void key_set_free(struct key_set *s);

/** True if the key has signed the bytes: RSASSA-PKCS1-v1_5 with SHA-256, or ECDSA with SHA-256 as two numbers of 32 bytes. */
bool key_has_signed(const struct key *k, const void *bytes, size_t len, const uint8_t *signature, size_t signature_len);

#endif
