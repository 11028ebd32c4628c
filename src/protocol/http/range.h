/**
 * The range of bytes that a request asks for.
 *
 * One range is understood. A request for several gets the whole file: RFC 9110 14.2 lets a server ignore Range, and no
 * player asks for several.
 *
 * Source     RFC 9110 14.1.2
 * Yields     no
 */
#ifndef PROTOCOL_HTTP_RANGE_H
#define PROTOCOL_HTTP_RANGE_H

#include <stdint.h>

enum http_range {
    HTTP_RANGE_NONE,          /* the whole file: no range, or one that is not understood */
    HTTP_RANGE_SOME,          /* *first to *last, both within the file */
    HTTP_RANGE_UNSATISFIABLE, /* it begins after the end of the file */
};

/**
 * Parse a Range field.
 *
 * Shape      field: "bytes=0-499", "bytes=500-", "bytes=-100"; NULL is none
 */
enum http_range http_range_parse(const char *field, int64_t size, int64_t *first, int64_t *last);

/** Parse a range without "bytes=", as it stands in a query. */
enum http_range http_range_parse_bytes(const char *text, int64_t size, int64_t *first, int64_t *last);

#endif
