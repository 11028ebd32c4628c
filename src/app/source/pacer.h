/**
 * The pacer decides when appended frames are released to the readers of a source.
 *
 * `min_latency on`: frames are released at once.
 * `mw_latency`: frames are released this long after the last release, or when there are enough for a whole release. With
 * `mw_msgs`, more frames than that must wait, too, but for at most PACER_LATENCY_MAX_US longer.
 * Neither: frames are released once the time since the last release exceeds the computing time of sending it. (Time in which
 * other processes had the core is not counted.) So with few players each frame goes out as it comes. With many players the
 * batches grow, up to PACER_LATENCY_MAX_US, and sending takes at most about half of the loop.
 *
 * A source has one pacer coroutine while it has readers.
 */
#ifndef APP_SOURCE_PACER_H
#define APP_SOURCE_PACER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"

struct source;

/*
 * Bounds of serving readers before other coroutines get a turn: readers, readers that are woken, and time. Woken readers are
 * fewer, because the work of each takes time of the same turn.
 */
enum { PACER_LATENCY_MAX_US = 350000, PACER_TURN_READERS = 256, PACER_TURN_WAKES = 16, PACER_TURN_US = 1000 };

/*
 * Most frames of one release; further frames go into the next one. A publisher with PACER_HELD_FRAMES_MAX frames that are not
 * released waits (pacer_wait_for_room()): its frames come faster than they can be handed out.
 */
enum { PACER_RELEASE_FRAMES_MAX = 512, PACER_HELD_FRAMES_MAX = 8 * PACER_RELEASE_FRAMES_MAX };

/** Start the pacer of the source unless it runs. */
struct err *pacer_start(struct source *s) ATTR_MUST_USE;

/** Make the pacer look again, after frames were appended or the configuration changed. Does not yield. */
void pacer_notice(struct source *s);

/**
 * Release all frames now, at the end of a publish. It only wakes readers, and does not yield.
 */
void pacer_release_now(struct source *s);

/** False: too many frames are held back. A publisher that cannot wait drops what it brings. */
bool pacer_has_room(const struct source *s);

/**
 * Wait while too many frames are held back. The publisher calls it before it reads on.
 *
 * Errors     E_THREAD_INTERRUPTED
 * Yields     if it must wait
 */
struct err *pacer_wait_for_room(struct source *s) ATTR_MUST_USE;

/** The present interval between releases: the configured one, or the one that the cost of sending makes. */
int64_t pacer_interval_us(const struct source *s);

/** End the pacer. Yields. */
void pacer_stop(struct source *s);

#endif
