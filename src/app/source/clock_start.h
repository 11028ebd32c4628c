/**
 * Where the times of a publish begin (stream_clock.h).
 *
 * A publish is shown where the last one ended: its first picture follows the last picture in display time, whatever their
 * composition times are, and sound that would come before the end of the last publish is left out.
 *
 * If the configurations are others, mpegts.js loses the last one or two pictures, and Chromium stands still for seconds in a gap of
 * more than two pictures (SourceBufferRange: the fudge room is twice the distance of two pictures). So the first picture then comes
 * two steps after the third from the end: its time may be that of the last one.
 *
 * Yields     no
 */
#ifndef APP_SOURCE_CLOCK_START_H
#define APP_SOURCE_CLOCK_START_H

#include <stdint.h>

struct clock_track;
struct stream_clock;

/** Use another shift from now on; the one before is kept for stragglers. */
void clock_begin_epoch(struct stream_clock *c, int64_t shift_us);

/** Set the shift at the first frame of a publish, shown at `first_us`: the encoder's own times, or after the last publish. */
void clock_start(struct stream_clock *c, const struct clock_track *t, int64_t first_us, int64_t now_us);

/**
 * A further track begins: move all of them if it would come before its place, or pictures after it. Sound that comes a little before
 * its place is left out instead.
 */
void clock_start_meet(struct stream_clock *c, const struct clock_track *t, int64_t first_us);

#endif
