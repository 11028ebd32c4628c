/**
 * The certificate that this server's sessions use. It is made when the first session is opened, and again before it expires, or
 * when a reload wishes another kind of key. Sessions keep the one with which they began.
 */
#ifndef APP_RTC_IDENTITY_H
#define APP_RTC_IDENTITY_H

#include <stdbool.h>

#include "core/attr.h"
#include "core/err.h"

struct dtls_identity;

/**
 * The certificate for a new session.
 *
 * Ownership  *identity is a reference of the caller's
 * Errors     those of dtls_identity_new(), of offload()
 * Yields     when one has to be made
 */
struct err *rtc_identity_get(struct dtls_identity **identity, bool ecdsa) ATTR_MUST_USE;

/** The server ends. */
void rtc_identity_forget(void);

#endif
