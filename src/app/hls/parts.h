/**
 * The parts of a stream's newest segments, each under a name of its own (low-latency HLS).
 *
 * The part that comes next is on the shelf before it is there: whoever asks for it early gets it as soon as it is complete.
 *
 * Source     draft-pantos-hls-rfc8216bis 4.4.4.9, 4.4.5.3 (hints), 6.2.2, 6.2.5.2
 * Ownership  a part belongs to its struct hls, and holds a reference to its segment
 * Yields     no
 */
#ifndef APP_HLS_PARTS_H
#define APP_HLS_PARTS_H

#include <stdbool.h>
#include <stddef.h>

#include "app/segment/segment.h"
#include "app/segment/shelf.h"
#include "core/list.h"

struct hls;

struct hls_part_item {
    struct shelf_item item;
    struct list       link; /* entry in hls->parts, the oldest first */
    struct hls       *hls;
    struct segment   *segment;
    size_t            index; /* in segment->parts; equal to n_parts: it comes next */
    char             *path;
};

static inline bool hls_part_is_there(const struct hls_part_item *p)
{
    return p->index < p->segment->n_parts;
}

/** Put the next part of the open segment on the shelf. A failure is logged, and the part stays unknown. */
void hls_parts_announce(struct hls *h, struct segment *s);

/** The segment is complete: no part comes any more. Parts that are too old to be listed are dropped. */
void hls_parts_close(struct hls *h, const struct segment *s);

/** Drop the parts of a segment; NULL: of all. */
void hls_parts_drop(struct hls *h, const struct segment *s);

#endif
