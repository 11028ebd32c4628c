/**
 * A URL that a client has named, without the parts that pages of other sites must not see.
 *
 * Yields     no
 */
#ifndef APP_API_PUBLIC_URL_H
#define APP_API_PUBLIC_URL_H

#include <stdbool.h>
#include <stddef.h>

/* A longer URL is cut. */
enum { PUBLIC_URL_CAP = 512 };

/**
 * Copy scheme, host, port and path of `url`. User, password and parameters are left out; parameters begin at '?', '#', '&', ';',
 * an escape, or the "..." of "app...name...value". When `path` is false the path is left out too. Returns `buf`.
 */
const char *public_url(const char *url, bool path, char buf[static PUBLIC_URL_CAP]);

#endif
