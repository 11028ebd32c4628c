#include "protocol/http/range.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

/* Read digits at *p and move it. Numbers beyond the size of any file become the largest one. -1: no digit. */
static int64_t read_number(const char **p)
{
    int64_t n = 0;
    if (**p < '0' || **p > '9')
        return -1;
    for (; **p >= '0' && **p <= '9'; (*p)++)
        n = n > (INT64_MAX - 9) / 10 ? INT64_MAX : n * 10 + (**p - '0');
    return n;
}

enum http_range http_range_parse_bytes(const char *text, int64_t size, int64_t *first, int64_t *last)
{
    int64_t from = read_number(&text);
    if (*text != '-')
        return HTTP_RANGE_NONE;
    text++;
    int64_t to = read_number(&text);
    if (*text != '\0' || (from < 0 && to < 0) || (from >= 0 && to >= 0 && from > to))
        return HTTP_RANGE_NONE;
    if (from < 0) { /* a number of bytes at the end */
        if (to == 0 || size == 0)
            return HTTP_RANGE_UNSATISFIABLE;
        *first = to < size ? size - to : 0;
        *last = size - 1;
        return HTTP_RANGE_SOME;
    }
    if (from >= size)
        return HTTP_RANGE_UNSATISFIABLE;
    *first = from;
    *last = to < 0 || to >= size ? size - 1 : to;
    return HTTP_RANGE_SOME;
}

enum http_range http_range_parse(const char *field, int64_t size, int64_t *first, int64_t *last)
{
    if (!field || strncasecmp(field, "bytes=", 6) != 0)
        return HTTP_RANGE_NONE;
    return http_range_parse_bytes(field + 6, size, first, last);
}
