/**
 * How long a server that stands by has sent what the stream's own server has not (standby.h).
 *
 * Both are paused when their encoder is, and then the one with the shorter way is heard first. So one frame that is newer proves
 * nothing: counted is an uninterrupted run of frames during which nothing came from the other. A stream with fewer than two frames a
 * second has no such run. What comes first is not counted: servers begin with what they have stored.
 *
 * Units      microseconds of now_us()
 * Yields     no
 */
#ifndef APP_RELAY_LEAD_H
#define APP_RELAY_LEAD_H

#include <stdint.h>

#include "core/clock.h"

enum {
    LEAD_SETTLE_US = US_PER_SECOND,  /* after its first frame */
    LEAD_GAP_US = US_PER_SECOND / 2, /* A run ends when no frame comes for this long. */
};

/* All zero: nothing was heard. */
struct lead {
    int64_t began_us, heard_us; /* its first frame, its newest one */
    int64_t since_us;           /* the first frame of the run */
};

/** It has sent a frame. other_heard_us: when the stream's own server was heard last. */
void lead_note(struct lead *l, int64_t now_us, int64_t other_heard_us);

/** How long the run is; 0: the other one was heard since it began. */
int64_t lead_us(const struct lead *l, int64_t other_heard_us);

#endif
