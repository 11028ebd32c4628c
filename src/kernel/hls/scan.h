/**
 * Lines of a playlist and attributes of its tags, taken off a text that is terminated in place.
 *
 * Source     RFC 8216 4.1, 4.2
 * Yields     no
 */
#ifndef KERNEL_HLS_SCAN_H
#define KERNEL_HLS_SCAN_H

#include <stdbool.h>

/** The next line that is complete, terminated, without a carriage return at its end; *next moves behind it. NULL: there is none. */
char *hls_scan_line(char **next, char *end);

struct hls_scanned {
    char *name, *value; /* without the quotes of a quoted string */
};

/** Take the next NAME=value off *text and terminate both. False at the end; *text is NULL after a mistake. */
bool hls_scan_attribute(char **text, struct hls_scanned *a);

#endif
