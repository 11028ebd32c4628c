/**
 * Parameters of a query, as tokens are brought in them. A parameter that is there twice is no parameter: a proxy may have looked at
 * the first one and this server at the last.
 *
 * Source     RFC 3986 3.4; percent-encoding is decoded in values
 * Yields     no
 */
#ifndef PROTOCOL_TOKEN_PARAMS_H
#define PROTOCOL_TOKEN_PARAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum params_found { PARAMS_NONE, PARAMS_ONE, PARAMS_BAD };

/**
 * Find the parameter, and copy its value into `out` of `cap` bytes, terminated.
 *
 * Shape      query: "?k=v&k=v#fragment", with or without its mark and its fragment
 * Returns    PARAMS_NONE: it is not there. PARAMS_BAD: it is there twice, is too long, or its value has a percent-encoding that is
 *            none or stands for NUL; then `out` is ""
 */
enum params_found params_find(const char *query, const char *name, char *out, size_t cap);

/** A decimal number of 1 to 18 digits and nothing else. False: it is none. */
bool params_number(const char *text, int64_t *out);

#endif
