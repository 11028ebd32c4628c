/**
 * Our certificate and key for DTLS: self-signed, made at start, the same for all sessions.
 *
 * Source     RFC 8827 6.5 (ECDSA with P-256), RFC 8122 5 (fingerprints)
 * Ownership  counted; a transport holds a reference, so a new identity may replace the old one at any time
 * Threads    dtls_identity_new() may run on a worker (a key of RSA takes a while); all else on the loop
 * Yields     no
 */
#ifndef PROTOCOL_RTC_DTLS_IDENTITY_H
#define PROTOCOL_RTC_DTLS_IDENTITY_H

#include <openssl/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/err.h"

enum dtls_hash { DTLS_SHA256, DTLS_SHA384, DTLS_SHA512 };

enum { DTLS_HASH_LEN_MAX = 64, DTLS_FINGERPRINT_CAP = sizeof "sha-512" + 3 * DTLS_HASH_LEN_MAX };

/* The hash of a certificate, as an SDP tells it: `a=fingerprint:sha-256 AB:CD:...`. */
struct dtls_fingerprint {
    enum dtls_hash hash;
    uint8_t        len; /* 32, 48, 64; 0: none */
    uint8_t        bytes[DTLS_HASH_LEN_MAX];
};

/** Parse the value of a=fingerprint, "sha-256 AB:CD:...", in any case. False for another hash or a wrong length. */
bool dtls_fingerprint_parse(struct dtls_fingerprint *f, const char *text, size_t len) ATTR_MUST_USE;

/** Write it in this form, terminated. Returns `text`. */
const char *dtls_fingerprint_text(const struct dtls_fingerprint *f, char text[static DTLS_FINGERPRINT_CAP]);

/** True if it is the hash of this certificate. */
bool dtls_fingerprint_is_of(const struct dtls_fingerprint *f, const X509 *certificate);

struct dtls_identity;

/** Make a key and its certificate: ECDSA P-256, or RSA 2048. Errors: E_RTC_DTLS, out of memory. */
struct err *dtls_identity_new(struct dtls_identity **out, bool use_rsa) ATTR_MUST_USE;

struct dtls_identity *dtls_identity_ref(struct dtls_identity *identity);

/** Release the reference and set the pointer to NULL. The pointer may be NULL already. */
void dtls_identity_unref(struct dtls_identity **identity);

/** The fingerprint of our certificate, sha-256. Lives as long as the identity. */
const struct dtls_fingerprint *dtls_identity_fingerprint(const struct dtls_identity *identity);

/** The end of the certificate's validity, in seconds since 1970. Make a new one before. */
int64_t dtls_identity_wall_expiry_s(const struct dtls_identity *identity);

/** The context that connections share. */
SSL_CTX *dtls_identity_ctx(const struct dtls_identity *identity);

#endif
