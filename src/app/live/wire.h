/**
 * How the frames of a source become the bytes of one kind of player: the interface of a wire format.
 *
 * What a player's bytes depend on besides the frame and its time is a value, the wire; it can be copied, and the same
 * wire, frame and time always give the same bytes. So a frame that went out in part is muxed again and goes
 * on where it was cut, and the bytes of a release can be muxed once for all whose wires give the same.
 *
 * A new kind of player is a row of these functions.
 *
 * Units      `ms` is the time that the player is to see (jitter.h), milliseconds
 * Yields     no
 */
#ifndef APP_LIVE_WIRE_H
#define APP_LIVE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "core/wr.h"
#include "kernel/frame.h"

struct wire_format;

struct wire {
    const struct wire_format *format;
    uint32_t                  chunk_size; /* of RTMP */
};

/* A part of a frame's bytes, as iovecs. */
struct wire_part {
    int    n_iov;
    size_t bytes;    /* the sum of their lengths */
    size_t wire_len; /* of the whole frame */
};

/* A frame among the bytes that players share: where it begins, and its own time. */
struct wire_mark {
    uint32_t at;
    int64_t  ms;
};

struct wire_format {
    const char *name;

    /* Beyond this time a frame's bytes have another length; where they have not, players may share them. */
    int64_t stamp_max_ms;

    /**
     * Describe the frame's bytes from `offset` on, at most `n_iov` parts: the payload where it lies, the
     * rest written to `scratch`. Fewer bytes than the rest of the frame when iovecs or scratch are used up.
     */
    struct wire_part (*iov)(const struct wire *w, const struct frame *f, int64_t ms, size_t offset, struct iovec *iov,
                            int n_iov, struct wr *scratch);

    /** Write the frame's bytes. */
    void (*write)(const struct wire *w, const struct frame *f, int64_t ms, struct wr *out);

    /** Of the frames that were written with another time: make it `ms` + `offset_ms` of each mark. */
    void (*stamp)(uint8_t *bytes, const struct wire_mark *marks, size_t n, int64_t offset_ms);

    /** Whether two wires of this format give bytes that differ in nothing but what stamp() writes. */
    bool (*is_same)(const struct wire *a, const struct wire *b);
};

#endif
