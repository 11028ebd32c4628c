/**
 * What one player is about to be written: frames, and their bytes as iovecs for one call.
 *
 * One serves all players: it is filled and used up between two yields.
 *
 * Ownership  borrows the frames; keeps its scratch memory for ever
 * Yields     no
 */
#ifndef APP_LIVE_BATCH_H
#define APP_LIVE_BATCH_H

#include "app/live/wire.h"
#include "app/source/jitter.h"
#include "core/attr.h"

/* Bounds of a batch, which is written by one call: frames, iovecs (IOV_MAX is 1024) and bytes. */
enum { BATCH_FRAMES = 320, BATCH_IOVS = 1000, BATCH_BYTES = 256 << 10 };

/* A frame, what of it is still to be sent, and how things are behind it. */
struct batch_item {
    struct frame *frame;
    size_t        wire_len; /* 0: not for this player */
    int64_t       us;
    struct jitter jitter_after;
    struct wire   wire_after;
};

struct batch {
    struct wire_out   out;
    struct iovec      iov[BATCH_IOVS];
    uint8_t          *scratch;
    size_t            scratch_cap;
    size_t            count;
    struct batch_item items[BATCH_FRAMES];
};

/** Begin. False when memory is out: there must be room for `least` bytes, those of the first frame where they are copied. */
bool batch_clear(struct batch *b, size_t least) ATTR_MUST_USE;

/**
 * Add a frame from its byte `sent` on; `w` is then the wire of the next frame. With nothing behind that byte there is
 * nothing to send of it.
 * Returns    true when all of it fits and more may; what does not is left for the next batch
 */
bool batch_add(struct batch *b, struct wire *w, struct frame *f, int64_t us, size_t sent, const struct jitter *after);

/** Add a frame of which nothing is sent. */
bool batch_skip(struct batch *b, const struct wire *w, struct frame *f, const struct jitter *after);

#endif
