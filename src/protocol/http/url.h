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
 * A path that is safe for a file system or a router: decoded, without "." and ".." segments. False for a path that is
 * malicious or would become ambiguous: it climbs above the root, does not start with '/', has an invalid escape, an
 * encoded NUL or '/', or a backslash.
 *
 * Shape      `out` holds len + 1; it is terminated
 */
bool http_path_decode(char *out, const char *path, size_t len);

/** Encode: characters that may not stand in a path become %XX. False when it does not fit. */
bool http_path_encode(char *out, size_t cap, const char *path);

/**
 * The pairs of a query, in their order: "a=1&b" is {a, 1} and {b, ""}. '&' separates them, the first '=' separates
 * name and value, and '+' means itself. An invalid escape stays as it is. Empty pairs are left out.
 *
 * Shape      `text` holds strlen(query) + 2, and the pairs point into it
 * Returns    false when there are more than `cap`, or an encoded NUL
 */
bool http_query_split(const char *query, char *text, struct http_pair *pairs, size_t cap, size_t *count);

#endif
