/**
 * What a server that stands by has sent (standby.h): the newest headers, and all media from the newest key frame on. When it takes
 * over, that is what it begins with. While the stream's own server is silent, more is kept: that may be missing. If that one's way is
 * slower, and it is lost between the key frame here and the same one there, a gap is left before that.
 *
 * Without key frames, or where they are far apart, the oldest media goes when there is too much.
 *
 * Ownership  holds a reference to each body
 * Yields     no
 */
#ifndef APP_RELAY_KEPT_BODIES_H
#define APP_RELAY_KEPT_BODIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/list.h"
#include "kernel/frame.h"

enum { KEPT_BODIES_MAX = 2048, KEPT_BODIES_BYTES_MAX = 16 << 20 };

struct kept_bodies {
    struct list list; /* the oldest first */
    size_t      n, bytes;
    bool        holds; /* Media before a key frame stays until one comes without this: nobody else has it, perhaps. */
};

void kept_bodies_init(struct kept_bodies *k);

/**
 * Keep an FLV body, or drop it if it is none that a stream has.
 *
 * Shape      (*body)->kind, len and data[] are set; the other fields are set here
 * Ownership  takes `*body`, which becomes NULL
 * Returns    false if memory is out: the body is lost
 */
bool kept_bodies_put(struct kept_bodies *k, struct frame **body, uint32_t ts_ms) ATTR_MUST_USE;

/** Take the oldest one out; NULL: there is none. The caller gets the reference. */
struct frame *kept_bodies_get(struct kept_bodies *k, uint32_t *ts_ms);

/** Drop all. */
void kept_bodies_clear(struct kept_bodies *k);

#endif
