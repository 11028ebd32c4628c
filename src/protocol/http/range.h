/**
 * Which bytes of a file are asked for.
 *
 * One range is understood. Several at once are taken for none: the whole file is a right answer to them (RFC 9110 14.2 lets
 * a server ignore Range), and no player needs the other one.
 *
 * Source     RFC 9110 14.1.2
 * Yields     no
 */
#ifndef PROTOCOL_HTTP_RANGE_H
#define PROTOCOL_HTTP_RANGE_H

#include <stdint.h>

enum http_range {
    HTTP_RANGE_NONE,          /* the whole: nothing asked for, or nothing that can be understood */
    HTTP_RANGE_SOME,          /* *first to *last, both within the file */
    HTTP_RANGE_UNSATISFIABLE, /* behind its end */
};

/** Shape      field: "bytes=0-499", "bytes=500-", "bytes=-100"; NULL is none */
enum http_range http_range_parse(const char *field, int64_t size, int64_t *first, int64_t *last);

/** The same without "bytes=", as it stands in a query. */
enum http_range http_range_parse_bytes(const char *text, int64_t size, int64_t *first, int64_t *last);

#endif
