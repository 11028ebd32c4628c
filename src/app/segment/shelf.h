/**
 * What is served from memory, by the path under which viewers ask for it: playlists, segments, init segments, keys. Views put things
 * there; the HTTP side finds them, and knows nothing of what they are.
 *
 * Shape      a path is decoded, with or without a slash before it; each vhost has paths of its own. As in all protocols, spellings
 *            of a name are one (stream_name.h): a path is found by any of them
 * Ownership  an item is part of the view's own struct, and is taken out before that is freed
 * Yields     no
 */
#ifndef APP_SEGMENT_SHELF_H
#define APP_SEGMENT_SHELF_H

#include <stdbool.h>

#include "app/conf/conf.h"
#include "core/attr.h"
#include "core/err.h"

struct http_exchange;
struct show;

struct shelf_item {
    char *key; /* NULL: not on the shelf */

    /** The stream as which the rules of the vhost check each request. NULL: the view checks it. */
    const struct show *guarded;

    /** Reply. It may yield, and so must first take the references that it needs. */
    struct err *(*serve)(struct http_exchange *x, struct shelf_item *item);
};

/** Put an item under `path`. What was there before is not found any more. False without memory, or if the path is too long. */
bool shelf_put(struct shelf_item *item, const struct conf_vhost *vhost, const char *path) ATTR_MUST_USE;

/** Takes an item that is not on the shelf. */
void shelf_take(struct shelf_item *item);

/** The item, borrowed until a yield; NULL: there is none. */
struct shelf_item *shelf_find(const struct conf_vhost *vhost, const char *path);

/** Free the table, which must be empty. */
void shelf_finish(void);

#endif
