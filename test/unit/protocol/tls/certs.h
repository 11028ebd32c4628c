/**
 * Certificates for tests, made on the spot.
 *
 * Ownership  the texts are the caller's: free()
 */
#ifndef TEST_PROTOCOL_TLS_CERTS_H
#define TEST_PROTOCOL_TLS_CERTS_H

#include "protocol/tls/ctx.h"

struct cert {
    char *chain, *key; /* PEM; self-signed */
};

/** For `host` (a name or an IPv4 address), good from `from_s` to `until_s`, counted from now. */
struct cert cert_make(const char *host, long from_s, long until_s);

void cert_free(struct cert *c);

struct tls_pem cert_pem(const char *text);

/** A server's context. */
struct tls_ctx *cert_server(const struct cert *c);

/** Of a client that trusts it. */
struct tls_ctx *cert_client(const struct cert *c);

#endif
