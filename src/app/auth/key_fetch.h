/**
 * Reads public keys from where they are: a PEM file, or the URL of a JSON Web Key Set.
 *
 * Yields     yes
 */
#ifndef APP_AUTH_KEY_FETCH_H
#define APP_AUTH_KEY_FETCH_H

#include <stdint.h>

#include "core/attr.h"
#include "core/err.h"
#include "protocol/token/keys.h"

/* Redirects that are followed. */
enum { KEY_FETCH_REDIRECTS = 3 };

/**
 * Read the keys. A server of https must have a certificate that the system trusts.
 *
 * Ownership  *out is the caller's: key_set_free()
 * Errors     those of file_read(), http_client_open(), key_set_read_pem() and key_set_read_json(); E_BACKEND for a status that is
 *            not 200
 */
struct err *key_fetch(struct key_set **out, const char *source, int64_t deadline_us) ATTR_MUST_USE;

/** Forget what connections share. Does not yield. */
void key_fetch_finish(void);

#endif
