/**
 * What a player's timestamps become: `play { time_jitter full|zero|off; }` and `atc`.
 *
 * full   starts at 0 and is monotonic but for steps of at most 250 ms; a larger step becomes 10 ms
 * zero   the stream's own timestamps, shifted so that the player's first frame is 0
 * off    the stream's own timestamps
 *
 * Pure: the state is a value; a batch that was sent in part is corrected again from a copy.
 *
 * Units      milliseconds in, milliseconds out (the low 32 bits go on the wire)
 * Yields     no
 */
#ifndef APP_SOURCE_JITTER_H
#define APP_SOURCE_JITTER_H

#include <stdbool.h>
#include <stdint.h>

#include "app/conf/conf.h"

struct jitter {
    enum time_jitter mode;
    bool             started;
    int64_t          last_in_ms, last_out_ms;
    int64_t          base_ms; /* of zero */
};

void jitter_init(struct jitter *j, enum time_jitter mode);

/** The timestamp that the next audio or video frame gets. */
int64_t jitter_correct(struct jitter *j, int64_t ms);

/** The same for a script: it goes with the frames around it and moves nothing. */
int64_t jitter_correct_script(const struct jitter *j, int64_t ms);

/** A step between two frames that `full` keeps. */
bool jitter_is_step(int64_t ms);

/**
 * Whether a run of frames would be corrected by one constant, and by which.
 *
 * Shape      first_ms: of the first frame; min_ms: the least of all; smooth: jitter_is_step() between all of them
 */
bool jitter_offset(const struct jitter *j, int64_t first_ms, int64_t min_ms, bool smooth, int64_t *offset_ms);

/** As if jitter_correct() had been called for a run by jitter_offset() that ends with this frame. */
void jitter_commit(struct jitter *j, int64_t in_ms, int64_t out_ms);

#endif
