/**
 * Dates as HTTP writes them: "Sun, 06 Nov 1994 08:49:37 GMT".
 *
 * Source     RFC 9110 5.6.7; the obsolete forms are not understood
 * Yields     no
 */
#ifndef PROTOCOL_HTTP_DATE_H
#define PROTOCOL_HTTP_DATE_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

enum { HTTP_DATE_LEN = 29, HTTP_DATE_CAP = HTTP_DATE_LEN + 1 };

/** Format a time. One before the year 0 or after 9999 becomes the first or last possible one. Returns `buf`. */
const char *http_date_format(time_t t, char buf[static HTTP_DATE_CAP]);

/** Parse a date; false when the text is not one. */
bool http_date_parse(const char *text, time_t *t);

/** The date now, formatted once a second. */
const char *http_date_now(void);

#endif
