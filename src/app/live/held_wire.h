/**
 * A wire that is kept, together with the frames that it points to.
 *
 * A struct wire borrows frames and lives between two yields, on a stack or in scratch memory that is filled anew before
 * each use. Whatever lives longer has a struct held_wire instead: a player, and the bytes that players share, where the
 * player that they were muxed for may have left before the next one is served.
 *
 * Shape      all zero: nothing is held. `wire` may be read, and copied into a struct wire that is used at once; what it
 *            points to is changed by held_wire_set() only, or put right by held_wire_renew() before the next yield.
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

/** Hold the frames that h->wire points to now, and let go of the others. */
void held_wire_renew(struct held_wire *h);

/** Let go of everything. It is all zero then, and may be all zero before. */
void held_wire_drop(struct held_wire *h);

#endif
