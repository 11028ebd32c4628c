/**
 * The bytes of the frames of one release, muxed once for all players of a source that keep up.
 *
 * The bytes of two players with the same kind of wire differ only in the times, by a constant (jitter.h). So the bytes are
 * made once, and each player's times are written over those of the player before. One send() of one buffer replaces two iovecs
 * for each frame. A player that has fallen behind, has just joined, or needs something special makes its own batch.
 *
 * The state covers one release at a time, because its players are served in turn. It has the bytes for several wires, because
 * players of several kinds are mixed.
 *
 * Ownership  the state never frees its buffers
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
 * For at most SHARED_READERS_FEW players, a release is shared only up to SHARED_FEW_BYTES: then the copy costs less than their
 * wake-ups. A release that is too large for the buffer is not shared. SHARED_WIRES_MAX bounds the kinds of wires of one release.
 */
enum {
    SHARED_READERS_FEW = 3,
    SHARED_FEW_BYTES = 16 << 10,
    SHARED_FRAMES_MAX = PACER_RELEASE_FRAMES_MAX,
    SHARED_BYTES_MAX = 512 << 10,
    SHARED_WIRES_MAX = 8,
};

/* The release that is being handed out: the times and kinds of its frames. */
struct release_times {
    uint64_t serial, from, to; /* serial of the source; first frame, and the one after the last */
    uint64_t number;           /* number of the release, counted by this state */
    bool     shareable;
    size_t   n_frames, bytes; /* number of frames; bytes of their payload */
    int64_t  arrived_us;      /* of the first frame */
    int64_t  us[SHARED_FRAMES_MAX];
    int64_t  min_us, max_us;
    bool     same_shift; /* All frames have the shift shift_us. */
    int64_t  shift_us;
    bool     has_audio, has_video;
    uint64_t pictured; /* the tracks that have pictures in the release */
};

/* The bytes of a release for one wire. */
struct release_form {
    uint64_t         release; /* number of the release; 0: none yet */
    bool             whole;
    uint8_t         *bytes;
    size_t           len, n_messages;
    struct wire_mark marks[SHARED_FRAMES_MAX];
    struct held_wire before, after; /* wires of the player for which the bytes were muxed; it may have left since */
    int64_t          muxed_us;      /* difference between that player's times and the stream's */
    struct held_wire stamped;       /* wire of the player whose times the bytes have now */
    int64_t          offset_us;     /* difference between those times and the stream's */
    uint64_t         content;       /* changes whenever the bytes change */
};

struct release_bytes {
    struct release_times times;
    struct release_form  forms[SHARED_WIRES_MAX];
    uint64_t             n_contents;
};

/* The bytes for one player. */
struct release_share {
    const uint8_t          *bytes;
    size_t                  len;
    size_t                  n_frames, n_messages; /* frames; frames that have bytes */
    const struct wire_mark *marks;                /* the mark of each frame */
    int64_t                 offset_us;            /* difference between the player's times and the stream's */
    uint64_t                content;        /* changes whenever the bytes change: equal numbers mean equal bytes */
    const struct wire      *before, *after; /* wires of the player for which the bytes were muxed */
    int64_t                 muxed_us;       /* difference between that player's times and the stream's */
    int64_t                 arrived_us;     /* of the first frame */
};

/**
 * Make the bytes of the frames of the newest release of `s`, from `from` on, for a player's wire and times.
 *
 * Shape      open: the tracks whose pictures the player gets (picture_gate.h)
 * Ownership  the bytes are valid until the next call, the rest of `out` until the next release or yield. `wire` and
 *            `jitter` are the player's state, and are only read. The frames that `wire` borrows are held along with the bytes,
 *            because the next player may be served after this one has left
 * Returns    false if the bytes cannot be shared: `from` is not the first frame of the release, or some frames are forgotten
 *            already; there are scripts, frames that the wire leaves out, or pictures of a track that is not open; the
 *            times are not shifted by one constant, or are out of the wire's range; or memory is out
 */
bool release_bytes_get(struct release_bytes *rb, struct release_share *out, const struct source *s, uint64_t from,
                       const struct wire *wire, const struct jitter *jitter, uint64_t open);

/**
 * Drop the frames of the last release of a source that has no player any more.
 * Rules      not called between release_bytes_get() and the last use of its result
 */
void release_bytes_forget(struct release_bytes *rb, const struct source *s);

/** Find the frame to which the byte at `offset` belongs, with its first byte and its time. */
size_t release_share_find(const struct release_share *b, size_t offset, size_t *frame_begins, int64_t *us);

/** Move `jitter` to its state after the first `n_frames` frames (at least one) of the release. */
void release_share_commit(const struct release_share *b, struct jitter *jitter, size_t n_frames);

/** Move the player's wire to its state after all frames of the release. */
void release_share_follow(const struct release_share *b, struct wire *wire);

/** The number of frames that have bytes among the first `n_frames`; the others have no place in this format. */
size_t release_share_count(const struct release_share *b, size_t n_frames);

#endif
