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

#include "app/live/framing.h"
#include "app/live/wire_out.h"
#include "kernel/frame.h"

struct wire_format;

struct wire {
    const struct wire_format *format;
    enum framing              framing;
    bool                      no_audio, no_video; /* frames that are left out, whatever the format */
    uint32_t                  chunk_size;         /* of RTMP */
};

/* A frame among the bytes that players share. */
struct wire_mark {
    uint32_t at;   /* where it begins */
    uint32_t body; /* where the format's own bytes begin, behind the framing */
    int64_t  ms;   /* its own time */
};

struct wire_format {
    const char *name;

    /* Beyond this time a frame's bytes have another length; where they have not, players may share them. */
    int64_t stamp_max_ms;

    /** How many bytes emit() puts for the frame; 0: this format has no place for it. */
    size_t (*len)(const struct wire *w, const struct frame *f, int64_t ms);

    /** Put the frame's bytes; the wire is then that of the next frame. */
    void (*emit)(struct wire *w, const struct frame *f, int64_t ms, struct wire_out *out);

    /** Of frames that were put with other times: make them `ms` + `offset_ms` of each mark. */
    void (*stamp)(uint8_t *bytes, const struct wire_mark *marks, size_t n, int64_t offset_ms);

    /** Whether two wires of this format give bytes that differ in nothing but what stamp() writes. */
    bool (*is_same)(const struct wire *a, const struct wire *b);
};

/** The same with the wire's framing. */
size_t wire_len(const struct wire *w, const struct frame *f, int64_t ms);
void   wire_emit(struct wire *w, const struct frame *f, int64_t ms, struct wire_out *out);

/** How much of it comes before the format's own bytes. */
size_t wire_before_len(const struct wire *w, const struct frame *f, int64_t ms);

static inline bool wire_is_same(const struct wire *a, const struct wire *b)
{
    return a->format == b->format && a->framing == b->framing && a->format->is_same(a, b);
}

#endif
