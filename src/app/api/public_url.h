/**
 * A URL that a client has named, as pages of other sites may see it.
 *
 * Yields     no
 */
#ifndef APP_API_PUBLIC_URL_H
#define APP_API_PUBLIC_URL_H

#include <stdbool.h>
#include <stddef.h>

/* A longer one is cut. */
enum { PUBLIC_URL_CAP = 512 };

/**
 * Scheme, host, port and path of `url`; without user, password, and whatever may be a parameter: from '?', '#', '&', ';', an
 * escape, or the "..." of "app...name...value" on. Without `path`: scheme, host and port. Returns `buf`.
 */
const char *public_url(const char *url, bool path, char buf[static PUBLIC_URL_CAP]);

#endif
