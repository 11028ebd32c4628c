/**
 * The trust of a connection over TLS. The connection itself is made by tls_connect() of protocol/tls/tls.h.
 */
#ifndef SRS_RTMP_TLS_H
#define SRS_RTMP_TLS_H

#include <stdbool.h>

#include "core/attr.h"
#include "core/err.h"

struct tls_ctx;

/** Trust the certificates of a PEM file, those of the system if `ca_file` is NULL, or every server. Errors: E_HTTPS_KEY_CRT, memory. */
struct err *tls_trust(struct tls_ctx **ctx, const char *ca_file, bool any) ATTR_MUST_USE;

/** Free it; a connection keeps what it needs. NULL is allowed. */
void tls_forget(struct tls_ctx *ctx);

#endif
