/**
 * Certificates that tests make when they run.
 *
 * Ownership  the texts are the caller's: free()
 */
#ifndef TEST_PROTOCOL_TLS_CERTS_H
#define TEST_PROTOCOL_TLS_CERTS_H

#include "protocol/tls/ctx.h"

struct cert {
    char *chain, *key; /* PEM; self-signed */
};

/** Make a certificate for `host` (a name or an IPv4 address), valid from `from_s` to `until_s`, counted from now. */
struct cert cert_make(const char *host, long from_s, long until_s);

void cert_free(struct cert *c);

struct tls_pem cert_pem(const char *text);

/** Make a server's context with this certificate. */
struct tls_ctx *cert_server(const struct cert *c);

/** Make the context of a client that trusts this certificate. */
struct tls_ctx *cert_client(const struct cert *c);

#endif
