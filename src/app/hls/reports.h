/**
 * Rendition reports: what the playlist of a variant or of a track says of the others, so that a player that switches asks for the right
 * part at once.
 *
 * Source     draft-pantos-hls-rfc8216bis 4.4.5.4
 * Ownership  a struct hls_reports belongs to its caller, who finishes it
 * Yields     no
 */
#ifndef APP_HLS_REPORTS_H
#define APP_HLS_REPORTS_H

#include <stddef.h>

#include "core/attr.h"
#include "core/buf.h"
#include "core/err.h"
#include "kernel/hls/playlist.h"

struct hls;

/* Further ones are left out. */
enum { HLS_REPORTS_MAX = 64 };

struct hls_reports {
    struct hls_report rows[HLS_REPORTS_MAX];
    size_t            n;
    struct buf        uris;
};

/**
 * Report the others that are live and have a segment: of a stream the other variants, of a rendition those of its stream and of the
 * other variants. Errors: of the buffer.
 */
struct err *hls_reports_make(struct hls_reports *r, const struct hls *h) ATTR_MUST_USE;

void hls_reports_finish(struct hls_reports *r);

#endif
