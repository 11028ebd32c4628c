/**
 * The TLS contexts of calls to https URLs, made on a thread when they are first needed, and again after a reload.
 *
 * Ownership  the process has one set; hook_trust_finish() frees it
 */
#ifndef APP_HOOKS_TRUST_H
#define APP_HOOKS_TRUST_H

#include "app/hooks/manner.h"
#include "core/attr.h"
#include "core/err.h"

struct tls_ctx;

/**
 * The context for calls of this URL in this manner; NULL for one that is not https.
 *
 * Ownership  *out is a reference
 * Errors     E_HTTPS_KEY_CRT: the file of trusted certificates cannot be used; those of offload()
 * Yields     when it makes one
 */
struct err *hook_trust_find(struct tls_ctx **out, const char *url, const struct hook_manner *m) ATTR_MUST_USE;

/** Like hook_trust_find(), but always gives a context: for a connection that uses TLS without a URL that says so. */
struct err *hook_trust_take(struct tls_ctx **out, const struct hook_manner *m) ATTR_MUST_USE;

/** Forget all contexts: files of certificates may have changed. Does not yield. */
void hook_trust_finish(void);

#endif
