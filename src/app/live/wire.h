/**
 * How the frames of a source become the bytes of one kind of player: the interface of a wire format.
 *
 * The wire is a value: all that a player's bytes depend on besides the frame and its time. It can be copied, and the same wire,
 * frame and time always give the same bytes. So a frame that went out in part is muxed again and goes on where it was cut,
 * and the bytes of a release are muxed once for all players whose wires give the same bytes. A wire borrows frames and is good
 * until the next yield; a wire that is kept longer is a struct held_wire (held_wire.h).
 *
 * A new kind of player is a row of functions. len() and emit(), with an is_same() that returns false, are a complete format: it is
 * slower, because the frames are muxed for each player anew. A format whose wire changes from frame to frame needs pass() and
 * follow() too. stamp() and a true is_same() are what makes players share bytes.
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

    /* The state of the format. It lies in the value, because a wire is copied for each frame and never allocated; so the formats
     * that have a state are known here. */
    union {
        struct { /* RTMP */
            uint32_t chunk_size, msid;
        };
        struct ts_mux     ts;
        struct mp4_mux    mp4;
        struct aac_config aac; /* ADTS */
    };
};

/* The most frames that a wire borrows. */
enum { WIRE_FRAMES_MAX = MP4_TRACKS };

/* A frame among the bytes that players share. */
struct wire_mark {
    uint32_t at;   /* where its bytes begin, with their framing */
    uint32_t body; /* where the format's own bytes begin, behind the framing */
    uint32_t len;  /* how many the format's own bytes are */
    int64_t  us;   /* its time on the stream's time line */
};

/* A player's view of shared bytes: its wire, and how its times differ from the stream's. */
struct wire_stamp {
    const struct wire *wire;
    int64_t            offset_us; /* what is added to the stream's times; whole milliseconds */
};

struct wire_format {
    const char *name;
    bool        copies; /* emit() lends nothing: a frame needs room for all its bytes */

    /* Upper bound of the times whose bytes stamp() can write over each other: larger ones take another length. */
    int64_t stamp_max_us;

    /** How many bytes emit() puts for the frame; 0: this format has no place for it. */
    size_t (*len)(const struct wire *w, const struct frame *f, int64_t us);

    /** Put the frame's bytes; the wire is then that of the next frame. */
    void (*emit)(struct wire *w, const struct frame *f, int64_t us, struct wire_out *out);

    /** Put the frames that the wire points to, for held_wire.h; `frames` is all NULL before. NULL: never any. */
    void (*borrows)(const struct wire *w, struct frame *frames[WIRE_FRAMES_MAX]);

    /** As emit(), but nothing is put. NULL: the wire is the same after any frame. */
    void (*pass)(struct wire *w, const struct frame *f, int64_t us);

    /** Make frames that were put for `from` those of `to`. Returns false when nothing had to be written. NULL: never needed. */
    bool (*stamp)(uint8_t *bytes, const struct wire_mark *marks, size_t n, const struct wire_stamp *from,
                  const struct wire_stamp *to);

    /** Whether two wires of this format give bytes that differ in nothing but what stamp() writes. */
    bool (*is_same)(const struct wire_stamp *a, const struct wire_stamp *b);

    /**
     * Move `w` over the frames that made `after` of `before`. `w` is the same as `before` by is_same(), and its player's times
     * have `delta_us` more. NULL where pass() is.
     */
    void (*follow)(struct wire *w, const struct wire *before, const struct wire *after, int64_t delta_us);

    /** Whether this frame cannot be expressed, so that the player's reply must end before it. NULL: never. */
    bool (*is_end)(const struct wire *w, const struct frame *f);
};

/* How long a frame is on the wire; all 0: the format has no place for it. */
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
