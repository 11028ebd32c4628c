/**
 * The frames of one release, as bytes on the wire, muxed once for all players of a source that keep up.
 *
 * A player's bytes differ from those of another with the same kind of wire only in the times, by a constant (jitter.h).
 * So the bytes are laid out once, each player's constant is written over that of the player before, and one send() of
 * one buffer does the work of two iovecs a frame. A player that has fallen behind, has just joined, or wants something
 * special makes its own batch.
 *
 * The state covers one release at a time, because its players are served one after the other, and its bytes for a few
 * wires, because players of several kinds take turns.
 *
 * Ownership  the state keeps its buffers for ever
 * Yields     no
 */
#ifndef APP_LIVE_RELEASE_BYTES_H
#define APP_LIVE_RELEASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/live/held_wire.h"
#include "app/live/wire.h"
#include "app/source/jitter.h"
#include "app/source/pacer.h"

struct source;

/*
 * For few players a release is muxed into a buffer only while it is small: the copy costs less than their wake-ups. A
 * release that is too large for the buffer is not shared. SHARED_WIRES_MAX bounds the kinds of wires of one release.
 */
enum {
    SHARED_READERS_FEW = 3,
    SHARED_FEW_BYTES = 16 << 10,
    SHARED_FRAMES_MAX = PACER_RELEASE_FRAMES_MAX,
    SHARED_BYTES_MAX = 512 << 10,
    SHARED_WIRES_MAX = 8,
};

/* The release that is being handed out: its frames' own times, and what kinds of frames it has. */
struct release_times {
    uint64_t serial, from, to; /* of the source; its frames */
    uint64_t number;           /* counts releases */
    bool     shareable;
    size_t   n_frames, bytes; /* of payload */
    int64_t  us[SHARED_FRAMES_MAX];
    int64_t  min_us, max_us;
    bool     same_shift; /* shift_us is that of all frames */
    int64_t  shift_us;
    bool     has_audio, has_video;
    uint64_t pictured; /* the tracks that have pictures in it */
};

/* Its bytes for one wire. */
struct release_form {
    uint64_t         release; /* its number; 0: none yet */
    bool             whole;
    uint8_t         *bytes;
    size_t           len, n_messages;
    struct wire_mark marks[SHARED_FRAMES_MAX];
    struct held_wire before, after; /* of the player that they were muxed for, which may have left since */
    int64_t          muxed_us;      /* how far that player's times were ahead of the stream's */
    struct held_wire stamped;       /* of the player whose times the bytes have now */
    int64_t          offset_us;     /* what has been added to the stream's times */
    uint64_t         content;       /* changes whenever the bytes change */
};

struct release_bytes {
    struct release_times times;
    struct release_form  forms[SHARED_WIRES_MAX];
    uint64_t             n_contents;
};

/* What one player gets. */
struct release_share {
    const uint8_t          *bytes;
    size_t                  len;
    size_t                  n_frames, n_messages; /* some frames may have no bytes */
    const struct wire_mark *marks;                /* of each frame */
    int64_t                 offset_us;            /* how far the player's times are ahead of the stream's */
    uint64_t                content;        /* changes whenever the bytes change: equal numbers mean equal bytes */
    const struct wire      *before, *after; /* of the player that they were muxed for */
    int64_t                 muxed_us;       /* how far that player's times were ahead of the stream's */
};

/**
 * The frames of the newest release of `s` from `from` on, as this player's wire and times make them.
 *
 * Shape      open: the tracks whose pictures the player gets (picture_gate.h)
 * Ownership  the bytes are valid until the next call, the rest of `out` until the next release or yield; `wire` and
 *            `jitter` are the player's state, and only read. What `wire` borrows is held for as long as the bytes are
 *            there, for the next player may be served after this one has left.
 * Returns    false when they cannot be shared: `from` is not where the release began, or some are forgotten already; a
 *            script is among them, or frames that the wire leaves out, or pictures of a track that is not open; their
 *            times are not shifted by one constant, or are out of the wire's range; or memory is out
 */
bool release_bytes_get(struct release_bytes *rb, struct release_share *out, const struct source *s, uint64_t from,
                       const struct wire *wire, const struct jitter *jitter, uint64_t open);

/**
 * The source has no player any more: let go of the frames of its last release.
 * Rules      not between release_bytes_get() and the last use of what it gave
 */
void release_bytes_forget(struct release_bytes *rb, const struct source *s);

/** The frame that the byte at `offset` belongs to, its first byte and its time. */
size_t release_share_find(const struct release_share *b, size_t offset, size_t *frame_begins, int64_t *us);

/** `jitter` as it is after the first `n_frames` of the release, at least one. */
void release_share_commit(const struct release_share *b, struct jitter *jitter, size_t n_frames);

/** The player's wire as it is after all of them. */
void release_share_follow(const struct release_share *b, struct wire *wire);

/** How many of the first `n_frames` have bytes: others are not for this format. */
size_t release_share_count(const struct release_share *b, size_t n_frames);

#endif
