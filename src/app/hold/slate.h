/**
 * The slate of a stream: a clip that is shown again and again while the publisher is away (`publish { slate FILE; }`).
 *
 *     due_us = slate_tend(&slate)      show what is due; call again then
 *     slate_close(&slate)
 *
 * The file is read as a whole, by a thread, when it is needed, and forgotten afterwards. A file that cannot be shown is logged
 * once for each time that the publisher is away. It plays (`plays`) as a stand-in (source/life.h).
 *
 * Bounds     SLATE_BYTES_MAX
 * Ownership  borrows the stream
 */
#ifndef APP_HOLD_SLATE_H
#define APP_HOLD_SLATE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"
#include "kernel/clip/clip.h"

struct source;

/* Longest file: a minute of 2 Mbit/s. */
enum { SLATE_BYTES_MAX = 16 << 20 };

struct slate {
    struct source *of;    /* the stream whose publisher is away */
    struct buf     path;  /* the file that was read, or failed; empty: none */
    struct buf     bytes; /* of the file */
    struct clip    clip;
    bool           plays;
    bool           has_failed;
    struct frame  *next;      /* the frame that is shown next; NULL: it has not been read */
    int64_t        began_us;  /* now_us() at the time 0 of what is shown */
    int64_t        shift_us;  /* what is added to the times of the clip in this round */
    int64_t        end_us;    /* where the next round begins */
    bool           is_first;  /* No frame of this round has come. */
    bool           has_media; /* A frame of this round has come that is no configuration. */
};

void slate_init(struct slate *sl, struct source *of);

/** Called while the publisher is away and no backup plays. Returns when to call it again; DEADLINE_NEVER: there is no slate. Yields. */
int64_t slate_tend(struct slate *sl);

/** Forget the file. A stand-in that it was is ended by the caller. Does not yield. */
void slate_close(struct slate *sl);

#endif
