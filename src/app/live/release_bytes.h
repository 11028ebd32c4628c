/**
 * The frames of one release, as bytes on the wire, muxed once for all players of a source that keep up.
 *
 * A player's bytes differ from those of another with the same kind of wire only in the times, by a constant (jitter.h);
 * so the bytes are laid out once, each player's constant is written over the last one's, and one send() of one
 * buffer does what took two iovecs a frame. A player that has fallen behind, has just joined, or wants something special
 * makes its own batch.
 *
 * There is one release at a time, because its players run one after the other; and its bytes for a few wires, because
 * players of several kinds take turns.
 *
 * Yields     no
 */
#ifndef APP_LIVE_RELEASE_BYTES_H
#define APP_LIVE_RELEASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/live/wire.h"
#include "app/source/jitter.h"
#include "app/source/pacer.h"

struct source;

/*
 * What few players get is copied only while it is little: the copy spares them their wake-ups. Larger releases are not
 * worth one at all. That many kinds of wires.
 */
enum {
    SHARED_READERS_FEW = 3,
    SHARED_FEW_BYTES = 16 << 10,
    SHARED_FRAMES_MAX = PACER_RELEASE_FRAMES_MAX,
    SHARED_BYTES_MAX = 512 << 10,
    SHARED_WIRES_MAX = 8,
};

struct release_share {
    const uint8_t          *bytes;
    size_t                  len;
    size_t                  n_frames, n_messages; /* some frames may have no bytes */
    const struct wire_mark *marks;                /* of each frame */
    int64_t                 offset_ms;            /* what the player's times have more than the stream's */
    uint64_t                content;              /* other bytes have another number */
    const struct wire      *before, *after;       /* of the player that they were muxed for, … */
    int64_t                 muxed_ms; /* … and by how much that player's times were ahead of the stream's */
};

/**
 * The frames of the newest release of `s` from `from` on, as this player's wire and times make them.
 *
 * Shape      open: the tracks whose pictures the player gets (picture_gate.h)
 * Ownership  the bytes are valid until the next call, the rest of `out` until the next release or yield; `wire` and
 *            `jitter` are the player's state, and only read. What `wire` borrows is held for as long as the bytes are
 *            there, for the next player may be served when this one has left.
 * Returns    false when they cannot be shared: `from` is not where the release began, or some are forgotten already; a
 *            script is among them, or frames that the wire leaves out, or pictures of a track that is not open; their
 *            times are not shifted by one constant, or are out of the wire's range; or memory is out
 */
bool release_bytes_get(struct release_share *out, const struct source *s, uint64_t from, const struct wire *wire,
                       const struct jitter *jitter, uint64_t open);

/**
 * The source has no player any more: what its last release holds goes.
 * Rules      not between release_bytes_get() and the last use of what it gave
 */
void release_bytes_forget(const struct source *s);

/** Which frame the byte at `offset` belongs to, its first byte, its time. */
size_t release_bytes_find(const struct release_share *b, size_t offset, size_t *frame_begins, int64_t *ms);

/** `jitter` as it is after the first `n_frames` of the batch, at least one. */
void release_bytes_commit(const struct release_share *b, struct jitter *jitter, size_t n_frames);

/** The player's wire as it is after all of them. */
void release_bytes_follow(const struct release_share *b, struct wire *wire);

/** How many of the first `n_frames` have bytes: others are not for this format. */
size_t release_bytes_count(const struct release_share *b, size_t n_frames);

#endif
