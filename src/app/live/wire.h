/**
 * The interface of a wire format, which turns the frames of a source into the bytes of one kind of player.
 *
 * A wire is everything that a player's bytes depend on besides the frame and its time. It is a value that can be copied, and the
 * same wire, frame and time always give the same bytes. So a frame that went out in part is muxed again and continues where it was
 * cut, and the bytes of a release are muxed once for all players whose wires give the same bytes. A wire borrows frames and is
 * valid until the next yield; a wire that is kept longer is a struct held_wire (held_wire.h).
 *
 * A new kind of player is a row of functions. len() and emit(), with an is_same() that returns false, are a complete format. It is
 * slower, because the frames are muxed again for each player. A format whose wire changes from frame to frame also needs pass()
 * and follow(). With stamp() and a true is_same(), players share bytes.
 *
 * Units      microseconds; `us` is the time that the player sees (jitter.h). Each format rounds to its own unit. Two players'
 *            times of one frame differ by whole milliseconds, so they are rounded in the same way
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
    bool                      no_audio, no_video; /* kinds of frames that are left out, in any format */

    /* The state of the format. It is part of the value, because a wire is copied for each frame and never allocated. So the
     * formats that have a state are named here. */
    union {
        struct { /* RTMP */
            uint32_t chunk_size, msid;
        };
        struct ts_mux     ts;
        struct mp4_mux    mp4;
        struct aac_config aac; /* ADTS */
    };
};

/* Most frames that a wire borrows. */
enum { WIRE_FRAMES_MAX = MP4_TRACKS };

/* A frame among the bytes that players share. */
struct wire_mark {
    uint32_t at;   /* offset of the frame's bytes with their framing */
    uint32_t body; /* offset of the format's own bytes, after the framing */
    uint32_t len;  /* number of the format's own bytes */
    int64_t  us;   /* time of the frame in the stream */
};

/* A player's view of shared bytes: its wire, and the difference between its times and the stream's. */
struct wire_stamp {
    const struct wire *wire;
    int64_t            offset_us; /* the player's times minus the stream's; whole milliseconds */
};

struct wire_format {
    const char *name;
    bool        copies; /* emit() copies all bytes of a frame, and lends none. */

    /* Largest time that stamp() can write over another one: larger times have another length. */
    int64_t stamp_max_us;

    /** The number of bytes that emit() puts for the frame; 0: this format has no place for it. */
    size_t (*len)(const struct wire *w, const struct frame *f, int64_t us);

    /** Put the bytes of a frame, and move the wire to the next frame. */
    void (*emit)(struct wire *w, const struct frame *f, int64_t us, struct wire_out *out);

    /** Put the frames that the wire points to into `frames`, which is all NULL before (held_wire.h). NULL: the wire has none. */
    void (*borrows)(const struct wire *w, struct frame *frames[WIRE_FRAMES_MAX]);

    /** Move the wire over a frame without putting its bytes. NULL: no frame changes the wire. */
    void (*pass)(struct wire *w, const struct frame *f, int64_t us);

    /** Turn frames that were put for `from` into those of `to`. False if nothing had to be written. NULL: never needed. */
    bool (*stamp)(uint8_t *bytes, const struct wire_mark *marks, size_t n, const struct wire_stamp *from,
                  const struct wire_stamp *to);

    /** True if the bytes of two wires of this format differ only in the bytes that stamp() writes. */
    bool (*is_same)(const struct wire_stamp *a, const struct wire_stamp *b);

    /**
     * Move `w` over the frames that turned `before` into `after`. `w` is the same as `before` by is_same(), and its player's
     * times are greater by `delta_us`. NULL if pass() is NULL.
     */
    void (*follow)(struct wire *w, const struct wire *before, const struct wire *after, int64_t delta_us);

    /** True if a frame cannot be expressed, so that the player's reply must end before it. NULL: never. */
    bool (*is_end)(const struct wire *w, const struct frame *f);
};

/* The length of a frame in the bytes of a player; all 0: the format has no place for it. */
struct wire_size {
    size_t before, body, after; /* framing before the format's own bytes, these, and framing after them */
};

struct wire_size wire_size(const struct wire *w, const struct frame *f, int64_t us);

static inline size_t wire_size_sum(struct wire_size s)
{
    return s.before + s.body + s.after;
}

/** Put the bytes of a frame with their framing, and move the wire to the next frame. */
void wire_emit(struct wire *w, const struct frame *f, int64_t us, struct wire_out *out);

/** Move the wire over a frame without putting its bytes. */
static inline void wire_pass(struct wire *w, const struct frame *f, int64_t us)
{
    if (w->format->pass)
        w->format->pass(w, f, us);
}

#endif
