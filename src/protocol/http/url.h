/**
 * Paths and queries of URLs, decoded.
 *
 * Source     RFC 3986 (2.1 percent-encoding, 5.2.4 dot segments)
 * Ownership  everything goes into the caller's storage
 * Yields     no
 */
#ifndef PROTOCOL_HTTP_URL_H
#define PROTOCOL_HTTP_URL_H

#include <stdbool.h>
#include <stddef.h>

/** A header field, or a pair of the query: both end with NUL. */
struct http_pair {
    const char *name, *value;
};

enum { HTTP_PARAMS_MAX = 100 };

/**
 * A path as a file system or a router may use it: decoded, without "." and ".." segments. False for what can only be
 * meant badly or cannot be told apart afterwards: a path that climbs above the root, one that does not start with '/',
 * an escape that is none, an encoded NUL or '/', a backslash.
 *
 * Shape      `out` holds len + 1; it is terminated
 */
bool http_path_decode(char *out, const char *path, size_t len);

/** The other way: what may not stand in a path as it is becomes %XX. False when it does not fit. */
bool http_path_encode(char *out, size_t cap, const char *path);

/**
 * The pairs of a query, in their order: "a=1&b" is {a, 1} and {b, ""}. Only '&' parts them, only the first '=' parts name
 * and value, '+' is itself; an escape that is none stays as it is. Empty pairs are left out.
 *
 * Shape      `text` holds strlen(query) + 2, and the pairs point into it
 * Returns    false when there are more than `cap`, or an encoded NUL
 */
bool http_query_split(const char *query, char *text, struct http_pair *pairs, size_t cap, size_t *count);

#endif
