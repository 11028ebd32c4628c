/**
 * HLS of one stream: its lane, and what of it is on the shelf (segment/shelf.h), under the names of the configuration.
 *
 * Ownership  a struct hls belongs to its viewing (view.h)
 * Yields     no
 */
#ifndef APP_HLS_HLS_H
#define APP_HLS_HLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/segment/shelf.h"
#include "app/segment/show.h"
#include "app/segment/view.h"
#include "core/attr.h"
#include "core/list.h"

/** A segment under its name. */
struct hls_entry {
    struct shelf_item item;
    struct list       link; /* entry in hls->entries, the oldest first; the open segment is the last */
    struct hls       *hls;
    struct segment   *segment; /* a reference */
    char             *path;    /* below hls_path, without a slash at its beginning */
};

/** An init segment under its name. */
struct hls_init {
    struct shelf_item item;
    struct list       link;
    struct hls       *hls;
    struct blob      *bytes;
    uint64_t          number;
    char             *path;
};

struct hls {
    struct viewing   *viewing;
    struct show      *show; /* not counted: the viewing ends before the show is freed */
    struct lane      *lane;
    struct shelf_item playlist;
    char             *m3u8_path; /* below hls_path */
    struct list       entries;
    size_t            n_entries;
    struct list       inits;
};

/** Put an item on the shelf; `path` is below hls_path. */
bool hls_put(struct hls *h, struct shelf_item *item, const char *path) ATTR_MUST_USE;

/** Give a segment its name and put it on the shelf; without memory it stays unknown. */
void hls_add_entry(struct hls *h, struct segment *s);
void hls_drop_entry(struct hls_entry *entry);

/** The entry of the newest segment, which may be open; NULL: none. */
struct hls_entry *hls_newest_entry(const struct hls *h);

/** Put the init segment of a segment on the shelf, unless it is there. */
void hls_add_init(struct hls *h, const struct segment *s);

/** Drop the init segments that no segment on the shelf needs. */
void hls_drop_old_inits(struct hls *h);

/** The path of an init segment, below hls_path. Borrowed; NULL: there is none of that number. */
const char *hls_init_path(const struct hls *h, uint64_t number);

/** How many of the newest segments of the lane the playlist lists. */
size_t hls_in_window(const struct hls *h);

#endif
