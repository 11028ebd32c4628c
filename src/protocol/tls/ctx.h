/**
 * The context that TLS connections share: a server's certificate and key, or the certificates that a client trusts.
 *
 * TLS 1.2 and 1.3, without renegotiation. Resumption is by tickets (RFC 5077; RFC 8446, 2.2) if tls_accept() is told to offer
 * them; there is no session cache. The kernel encrypts if it can (its module `tls` must be loaded).
 *
 * Ownership  counted; a connection holds what it needs of its context, so the context may go first
 * Errors     E_HTTPS_KEY_CRT, out of memory
 * Yields     no; the makers parse, which takes a while: call them on a worker thread
 */
#ifndef PROTOCOL_TLS_CTX_H
#define PROTOCOL_TLS_CTX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/err.h"

struct tls_ctx;

/** A PEM file in memory (RFC 7468). */
struct tls_pem {
    const char *text;
    size_t      len;
};

/** Make a server's context. `chain` is the server's certificate, then those that lead to the root. A key with a passphrase is
 * refused. */
struct err *tls_ctx_new_server(struct tls_ctx **out, const struct tls_pem *chain,
                               const struct tls_pem *key) ATTR_MUST_USE;

/** Make a client's context that trusts the certificates in `trust`, or, if that is NULL, those of the system, which it reads from
 * files. */
struct err *tls_ctx_new_client(struct tls_ctx **out, const struct tls_pem *trust) ATTR_MUST_USE;

/** Make a client's context that trusts every server: for tests, and for users that switch the check off. */
struct err *tls_ctx_new_credulous_client(struct tls_ctx **out) ATTR_MUST_USE;

struct tls_ctx *tls_ctx_ref(struct tls_ctx *ctx);

/** Release the reference and set the pointer to NULL. The pointer may be NULL already. */
void tls_ctx_unref(struct tls_ctx **ctx);

/** True if clients that ask for this host accept the certificate as that of it (RFC 6125). */
bool tls_ctx_has_name(const struct tls_ctx *ctx, const char *host);

/** The end of the certificate's validity, in seconds since 1970. */
int64_t tls_ctx_wall_expiry_s(const struct tls_ctx *ctx);

#endif
