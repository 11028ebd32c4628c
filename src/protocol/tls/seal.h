/**
 * Records of TLS 1.3 that are made here: payload goes through the cipher straight into the buffer of the write.
 *
 * OpenSSL copies the payload of each record before it encrypts, and its BIO copies once more. With small batches to many
 * players that costs as much as a third of the cipher. So OpenSSL is told that something below it encrypts, as it is for kernel
 * TLS: it hands over alerts, tickets and key updates as plain bytes with their type, and they take their place in the order of
 * records here. Keys come from the traffic secret that OpenSSL reports. What other versions and ciphers send is still
 * encrypted by OpenSSL.
 *
 * Source     RFC 8446: 5.2 (records), 5.3 (nonce), 7.1 to 7.3 (keys)
 * Yields     no
 */
#ifndef PROTOCOL_TLS_SEAL_H
#define PROTOCOL_TLS_SEAL_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

/* A record is longer than its payload by its header, the byte of its type and the tag. */
enum {
    SEAL_HEADER = SSL3_RT_HEADER_LENGTH,
    SEAL_OVERHEAD = SEAL_HEADER + 1 + EVP_GCM_TLS_TAG_LEN,
    SEAL_SECRET_MAX = 48,
    SEAL_KEY_MAX = 32,
    SEAL_IV = 12,
};

/** The keys of one direction of a connection. All zero: OpenSSL makes the records. */
struct seal {
    bool     is_on;
    uint8_t  kind; /* index of the cipher */
    uint8_t  secret_len;
    uint8_t  secret[SEAL_SECRET_MAX]; /* the traffic secret; secret_len 0: not known */
    uint8_t  key[SEAL_KEY_MAX], iv[SEAL_IV];
    uint64_t seq; /* of the next record */
};

/** Note the secret of the direction in which `ssl` writes, from a line of OpenSSL's key log. Other lines are ignored. */
void seal_note(struct seal *s, const SSL *ssl, const char *line);

/** Begin with the secret that was noted. False: the version or cipher is another, or memory is out; OpenSSL goes on. */
bool seal_begin(struct seal *s, const SSL *ssl);

/**
 * Make one record of `n` iovecs, of SSL3_RT_MAX_PLAIN_LENGTH bytes together at most.
 *
 * Ownership  `out` has room for them and SEAL_OVERHEAD
 * Returns    the length of the record; 0 if OpenSSL fails, and nothing may be sent any more
 */
size_t seal_record(struct seal *s, uint8_t type, const struct iovec *iov, int n, uint8_t *out);

/** Change to the next keys: a KeyUpdate was sent. False if OpenSSL fails, and nothing may be sent any more. */
bool seal_update(struct seal *s);

/** Overwrites the secrets. */
void seal_finish(struct seal *s);

#endif
