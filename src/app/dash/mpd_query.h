/**
 * The query of an MPD's request, put on the URIs in the MPD: where each request needs a token, players bring it with segments as well.
 *
 * Source     ISO/IEC 23009-1 5.3.9.4.4 (templates), XML 1.0 2.4
 * Yields     no
 */
#ifndef APP_DASH_MPD_QUERY_H
#define APP_DASH_MPD_QUERY_H

#include <stddef.h>

#include "core/buf.h"

/**
 * Append the text of an MPD, with the query behind each path in it.
 *
 * Shape      query: without its mark; what cannot stand in a template, an attribute or a query is encoded
 */
void dash_mpd_query_add(struct buf *out, const char *mpd, size_t len, const char *query);

#endif
