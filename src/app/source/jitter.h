/**
 * A player's own timestamps, made of the stream's (stream_clock.h): `play { time_jitter full|zero|off; }` and `atc`.
 *
 * full   what the player gets begins at 0; frames that it had to skip leave no gap
 * zero   what the player gets begins at 0
 * off    the encoder's own times, its breaks included
 *
 * The beginning is the earliest time among the first frames of sound and picture, so the offset between them is kept.
 *
 * Pure: the state is a value; a batch that was sent in part is made again from a copy.
 *
 * Units      microseconds. What the stream's times are shifted by is always whole milliseconds, so that formats that count in
 *            those, or in 90 kHz, round a frame alike for all players; so the first time may be above 0 by less than one.
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
    int64_t          base_us; /* what is 0 to the player */
    int64_t          last_us; /* the last timestamp that the player got; -1: none yet */
};

void jitter_init(struct jitter *j, enum time_jitter mode);

/** Another mode: time goes on behind the last frame as far as the mode allows. */
void jitter_change(struct jitter *j, enum time_jitter mode);

/** The player skips frames: what comes next goes on behind the last one, if the mode says so. */
void jitter_skip(struct jitter *j);

/** Before the next frame, jitter_begin() must tell where it begins. */
static inline bool jitter_wants_begin(const struct jitter *j)
{
    return j->mode != TIME_JITTER_OFF && !j->has_base;
}

/** What comes next begins at this time of the stream. */
void jitter_begin(struct jitter *j, int64_t first_us);

/** The timestamp of the next frame of sound or picture. */
int64_t jitter_media(struct jitter *j, const struct frame *f);

/** The timestamp of a configuration or script that goes with `f`, which may be itself. */
int64_t jitter_header(const struct jitter *j, const struct frame *f);

/**
 * Whether a run of frames is shifted by one constant, and by which.
 *
 * Shape      min_us: the least of all; shift_us: frame.shift_us of all, if `same_shift`
 */
bool jitter_offset(const struct jitter *j, int64_t min_us, bool same_shift, int64_t shift_us, int64_t *offset_us);

/** Remember the last timestamp of a run that was shifted by jitter_offset(), as jitter_media() does for each frame. */
void jitter_commit(struct jitter *j, int64_t last_us);

#endif
