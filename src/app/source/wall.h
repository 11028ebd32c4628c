/**
 * The wall clock of a stream, by which all servers that have the stream cut and number its segments alike
 * (`cluster { common_segments on; }`).
 *
 * The server to which the stream is published takes it from its own clock, at the first frame. With `atc` it tells those that take the
 * stream from it, in the metadata (kernel/metadata.h), together with the encoder's times. They keep to it, and tell it further.
 *
 * Rules      What is told counts if it is within WALL_TRUST_US of the own clock; otherwise the own clock does.
 *            Two servers that one encoder publishes to have clocks and connections of their own: the wall clock at the encoder's time 0 is
 *            rounded up to WALL_ROUND_US, so that they mostly agree.
 *            RTMP and FLV count milliseconds in 32 bits: what is told is good for each of their rounds.
 * Yields     no
 */
#ifndef APP_SOURCE_WALL_H
#define APP_SOURCE_WALL_H

#include <stdbool.h>
#include <stdint.h>

#include "core/clock.h"
#include "kernel/frame.h"

enum { WALL_ROUND_US = 100 * US_PER_MS };

/* Encoders' clocks drift by seconds a day for weeks; 32 bits of milliseconds last for 49 days. */
#define WALL_TRUST_US (12 * 3600 * (int64_t)US_PER_SECOND)

/* All zero: nothing is known. */
struct wall {
    int64_t  at_0_us;       /* at the time 0 of the stream; 0: not known */
    int64_t  told_us;       /* what the publisher has told, of its own time 0; 0: nothing */
    bool     is_told;       /* Others were told since they are to be. */
    int64_t  n_breaks_told; /* breaks of the stream's clock when others were told */
    uint64_t from;          /* place in the log of its first frame: those before may be of another publish */
};

/** The metadata of the publisher that comes. `wall_ms` 0: it tells nothing. */
void wall_hear(struct wall *w, double wall_ms);

/** False if something is told, and is too far from the own clock. */
bool wall_believes(const struct wall *w, const struct frame *f, int64_t wall_now_us);

/** The wall clock at the time 0 of the stream, by the time of a frame of media. */
int64_t wall_find(const struct wall *w, const struct frame *f, int64_t wall_now_us);

#endif
