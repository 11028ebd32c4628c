/**
 * A wire that is kept, together with the frames that it points to.
 *
 * A struct wire borrows frames and lives between two yields, on a stack or in scratch memory that is filled again before
 * each use. A wire that lives longer is a struct held_wire: in a player, and with the bytes that players share, because the
 * player for which they were muxed may have left before the next one is served.
 *
 * Shape      all zero: nothing is held. `wire` may be read, and copied into a struct wire that is used at once. Its pointers
 *            are changed only by held_wire_set(), or held_wire_renew() is called before the next yield
 * Ownership  holds a reference to each frame until held_wire_drop()
 * Yields     no
 */
#ifndef APP_LIVE_HELD_WIRE_H
#define APP_LIVE_HELD_WIRE_H

#include "app/live/wire.h"

struct held_wire {
    struct wire   wire;
    struct frame *frames[WIRE_FRAMES_MAX];
};

/** Become a copy of `w`, which may be the held wire itself. */
void held_wire_set(struct held_wire *h, const struct wire *w);

/** Hold the frames that h->wire points to now, and drop the others. */
void held_wire_renew(struct held_wire *h);

/** Drop all frames. The held wire is all zero afterwards; it may be all zero before. */
void held_wire_drop(struct held_wire *h);

#endif
