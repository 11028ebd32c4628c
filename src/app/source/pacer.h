/**
 * When appended frames are released to the readers of a source.
 *
 * `min_latency on`: at once.
 * `mw_latency`: that long after the last release, or as soon as a whole release waits. With `mw_msgs` more frames than that
 * must wait, too; PACER_LATENCY_MAX_US later they go in any case.
 * Neither: at once as long as more time has passed since the last release than sending it cost (computing time: what other
 * processes had of the core is no cost). So with few players each frame goes out as it comes, and with many the batches
 * grow, up to PACER_LATENCY_MAX_US, while sending takes at most about half of the loop.
 *
 * One coroutine a source, while it has readers.
 */
#ifndef APP_SOURCE_PACER_H
#define APP_SOURCE_PACER_H

#include <stdint.h>

#include "core/err.h"

struct source;

/*
 * This many readers are served, or for this long, before everybody else gets a turn. Waking one costs little, but what it
 * then does takes time of the same turn: so fewer of those.
 */
enum { PACER_LATENCY_MAX_US = 350000, PACER_TURN_READERS = 256, PACER_TURN_WAKES = 16, PACER_TURN_US = 1000 };

/*
 * A release holds at most this many frames; what is left over is the next one. A publisher that is this far ahead of its
 * readers waits (pacer_wait_for_room()): its frames come faster than they can be handed out.
 */
enum { PACER_RELEASE_FRAMES_MAX = 512, PACER_HELD_FRAMES_MAX = 8 * PACER_RELEASE_FRAMES_MAX };

/** Start the source's pacer unless it runs. */
struct err *pacer_start(struct source *s) ATTR_MUST_USE;

/** Frames were appended, or the configuration changed: the pacer looks again. Does not yield. */
void pacer_notice(struct source *s);

/**
 * Release everything now: the last frames of a publish, and what players are to be told. Does not yield: for what wakes
 * the readers, not for what is sent to thousands of them.
 */
void pacer_release_now(struct source *s);

/**
 * For the publisher, before it reads on: wait while too many of its frames are held back.
 *
 * Errors     a cancel
 * Yields     if it must wait
 */
struct err *pacer_wait_for_room(struct source *s) ATTR_MUST_USE;

/** How far apart releases are now: as configured, or as it has come about. */
int64_t pacer_interval_us(const struct source *s);

/** End the pacer. Yields. */
void pacer_stop(struct source *s);

#endif
