/**
 * The time at which a stream begins for whoever begins to take it at a place of the log.
 *
 * Yields     no
 */
#ifndef APP_SOURCE_FIRST_TIME_H
#define APP_SOURCE_FIRST_TIME_H

#include <stdint.h>

#include "app/source/picture_gate.h"

struct source;

/**
 * The earliest time among the frames from number `seq` on that pass the gate: the first frame of each kind counts. A kind that has
 * no frame there counts with the last time that it has reached. Microseconds.
 */
int64_t first_time_us(const struct source *s, uint64_t seq, struct picture_gate gate);

#endif
