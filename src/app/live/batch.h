/**
 * The frames of one write to a player, and their bytes as iovecs for one call.
 *
 * All players share one batch: it is filled and used up between two yields.
 *
 * Ownership  borrows the frames; keeps its scratch memory for ever
 * Yields     no
 */
#ifndef APP_LIVE_BATCH_H
#define APP_LIVE_BATCH_H

#include "app/live/wire.h"
#include "app/source/jitter.h"
#include "core/attr.h"

/* Bounds of a batch: frames, iovecs (IOV_MAX is 1024) and bytes. */
enum { BATCH_FRAMES = 320, BATCH_IOVS = 1000, BATCH_BYTES = 256 << 10 };

/* A frame, the number of its bytes that are still to be sent, and the player's state after it. */
struct batch_item {
    struct frame *frame;
    size_t        wire_len; /* 0: the frame is not for this player. */
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

/** Begin a batch with room for at least `least` bytes of copies, those of the first frame. False if memory is out. */
bool batch_clear(struct batch *b, size_t least) ATTR_MUST_USE;

/**
 * Add the bytes of a frame from byte `sent` on; `w` is then the wire of the next frame. If no byte is left, nothing of the
 * frame is sent.
 * Returns    true if the whole frame fits and more may follow; the bytes that do not fit are left for the next batch
 */
bool batch_add(struct batch *b, struct wire *w, struct frame *f, int64_t us, size_t sent, const struct jitter *after);

/** Add a frame of which nothing is sent. */
bool batch_skip(struct batch *b, const struct wire *w, struct frame *f, const struct jitter *after);

#endif
