/**
 * How the frames of a source become the bytes of one kind of player: the interface of a wire format.
 *
 * What a player's bytes depend on besides the frame and its time is a value, the wire; it can be copied, and the same
 * wire, frame and time always give the same bytes. It borrows frames, and is good until the next yield: what is kept
 * longer is a struct held_wire (held_wire.h). So a frame that went out in part is muxed again and goes
 * on where it was cut, and the bytes of a release can be muxed once for all whose wires give the same.
 *
 * A new kind of player is a row of these functions.
 *
 * Units      microseconds; `us` is the time that the player is to see (jitter.h). Each format rounds to what it counts in. Two
 *            players' times of one frame differ by whole milliseconds, so that rounding makes no difference between them.
 * Yields     no
 */
#ifndef APP_LIVE_WIRE_H
#define APP_LIVE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/live/framing.h"
#include "app/live/wire_out.h"
#include "kernel/aac.h"
#include "kernel/frame.h"
#include "kernel/mp4/moov.h"
#include "kernel/mp4/mux.h"
#include "kernel/ts/mux.h"

struct wire_format;

struct wire {
    const struct wire_format *format;
    enum framing              framing;
    bool                      no_audio, no_video; /* frames that are left out, whatever the format */
    union {
        struct { /* of RTMP */
            uint32_t chunk_size, msid;
        };
        struct ts_mux     ts;
        struct mp4_mux    mp4;
        struct aac_config aac; /* of ADTS */
    };
};

/* The most frames that a wire borrows. */
enum { WIRE_FRAMES_MAX = MP4_TRACKS };

/* A frame among the bytes that players share. */
struct wire_mark {
    uint32_t at;   /* where it begins */
    uint32_t body; /* where the format's own bytes begin, behind the framing, … */
    uint32_t len;  /* … and how many they are */
    int64_t  us;   /* its own time */
};

/* What shared bytes are muxed from, or made to be. */
struct wire_stamp {
    const struct wire *wire;
    int64_t            offset_us; /* the player's times have so much more than the frames' own */
};

struct wire_format {
    const char *name;
    bool        copies; /* emit() lends nothing: a frame needs room for all its bytes */

    /* Beyond this time a frame's bytes have another length; where they have not, players may share them. */
    int64_t stamp_max_us;

    /** How many bytes emit() puts for the frame; 0: this format has no place for it. */
    size_t (*len)(const struct wire *w, const struct frame *f, int64_t us);

    /** Put the frame's bytes; the wire is then that of the next frame. */
    void (*emit)(struct wire *w, const struct frame *f, int64_t us, struct wire_out *out);

    /** Put the frames that the wire points to, for held_wire.h; `frames` is all NULL before. NULL: never any. */
    void (*borrows)(const struct wire *w, struct frame *frames[WIRE_FRAMES_MAX]);

    /** As emit(), and nothing is put. NULL: the wire is the same after any frame. */
    void (*pass)(struct wire *w, const struct frame *f, int64_t us);

    /** Of frames that were put as `from` says: make them those of `to`; false: they are. NULL: they always are. */
    bool (*stamp)(uint8_t *bytes, const struct wire_mark *marks, size_t n, const struct wire_stamp *from,
                  const struct wire_stamp *to);

    /** Whether two wires of this format give bytes that differ in nothing but what stamp() writes. */
    bool (*is_same)(const struct wire_stamp *a, const struct wire_stamp *b);

    /**
     * What the frames that made `after` of `before` make of `w`, which is_same() as `before` and whose times have
     * `delta_us` more. NULL without pass().
     */
    void (*follow)(struct wire *w, const struct wire *before, const struct wire *after, int64_t delta_us);

    /** Whether this frame cannot be expressed, so that the player's reply must end before it. NULL: never. */
    bool (*is_end)(const struct wire *w, const struct frame *f);
};

/* Of a frame on the wire; all 0: it has no place there. */
struct wire_size {
    size_t before, body, after; /* the format's own bytes, and the framing around them */
};

struct wire_size wire_size(const struct wire *w, const struct frame *f, int64_t us);

static inline size_t wire_size_sum(struct wire_size s)
{
    return s.before + s.body + s.after;
}

/** As the format's emit(), framed. */
void wire_emit(struct wire *w, const struct frame *f, int64_t us, struct wire_out *out);

/** As the format's pass(). */
static inline void wire_pass(struct wire *w, const struct frame *f, int64_t us)
{
    if (w->format->pass)
        w->format->pass(w, f, us);
}

#endif
