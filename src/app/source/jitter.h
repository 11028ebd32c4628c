/**
 * A player's own timestamps, made from the stream's times (stream_clock.h): `play { time_jitter full|zero|off; }` and `atc`.
 *
 * full   timestamps begin at 0; frames that the player had to skip leave no gap
 * zero   timestamps begin at 0
 * off    timestamps are the encoder's own times, with their breaks
 *
 * The beginning is the earliest time among the first frames of sound and picture, so the offset between them is kept.
 *
 * The state is a value: a batch that was sent in part is made again from a copy.
 *
 * Units      microseconds. The stream's times are shifted by whole milliseconds, so that formats that count in milliseconds or
 *            90 kHz round a frame in the same way for all players. The first timestamp may therefore be up to 1 ms above 0
 * Yields     no
 */
#ifndef APP_SOURCE_JITTER_H
#define APP_SOURCE_JITTER_H

#include <stdbool.h>
#include <stdint.h>

#include "app/conf/conf.h"
#include "core/clock.h"
#include "kernel/frame.h"

struct jitter {
    enum time_jitter mode;
    bool             has_base;
    int64_t          base_us; /* time of the stream that is 0 for the player */
    int64_t          last_us; /* the last timestamp that the player got; -1: none yet */
};

void jitter_init(struct jitter *j, enum time_jitter mode);

/** Change the mode. Time continues after the last frame as far as the new mode allows. */
void jitter_change(struct jitter *j, enum time_jitter mode);

/** Note that the player skips frames. In mode full, the next frame continues right after the last one. */
void jitter_skip(struct jitter *j);

/** True if jitter_begin() must be called before the next frame. */
static inline bool jitter_wants_begin(const struct jitter *j)
{
    return j->mode != TIME_JITTER_OFF && !j->has_base;
}

/** Set the time of the stream at which the next frames begin. */
void jitter_begin(struct jitter *j, int64_t first_us);

/** Make the timestamp of the next frame of sound or picture. */
int64_t jitter_media(struct jitter *j, const struct frame *f);

/** The timestamp of a configuration or script that is sent with `f`, which may be the header itself. */
int64_t jitter_header(const struct jitter *j, const struct frame *f);

/**
 * True if the timestamps of a run of frames are the stream's times plus one constant, *offset_us.
 *
 * Shape      min_us: the least time of the run; shift_us: frame.shift_us of all its frames, if `same_shift`
 */
bool jitter_offset(const struct jitter *j, int64_t min_us, bool same_shift, int64_t shift_us, int64_t *offset_us);

/** Remember the last timestamp of a run that was shifted by jitter_offset(), as jitter_media() does for each frame. */
void jitter_commit(struct jitter *j, int64_t last_us);

#endif
