/**
 * The signature of a callback: its server can tell that the request comes from a server with the secret, that nobody has changed it,
 * and how old it is.
 *
 * Source     RFC 2104, FIPS 180-4
 * Yields     no
 */
#ifndef APP_HOOKS_SIGN_H
#define APP_HOOKS_SIGN_H

#include <stdbool.h>

#include "core/attr.h"

enum { HOOK_SIGNATURE_CAP = sizeof "sha256=" + 64 };

/**
 * Sign a body: "sha256=" and, in hexadecimal digits, the HMAC-SHA256 of the timestamp, a full stop and the body.
 *
 * Shape      timestamp: seconds since 1970, as text
 * Returns    false when OpenSSL fails or memory is out
 */
bool hook_sign(char out[static HOOK_SIGNATURE_CAP], const char *secret, const char *timestamp,
               const char *body) ATTR_MUST_USE;

#endif
