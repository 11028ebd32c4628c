/**
 * The streams with the most bytes, found in one pass over all of them.
 *
 * Shape      a heap whose top is the one with the fewest bytes; streams of equal bytes are kept in the order in which they come
 * Ownership  the places are the caller's
 * Yields     no
 */
#ifndef APP_EXPORTER_BUSIEST_H
#define APP_EXPORTER_BUSIEST_H

#include <stddef.h>
#include <stdint.h>

#include "core/ident.h"

struct busy_stream {
    int64_t bytes;
    char    id[VID_CAP]; /* as the registry knows it: the stream may have gone when it is looked up */
};

struct busiest {
    struct busy_stream *places;
    size_t              max, count;
};

/** Keep the stream if it is among the `max` busiest so far. */
void busiest_offer(struct busiest *b, int64_t bytes, const char *id);

#endif
