/**
 * The pace of a thread that writes files for many: how long it works at a stretch, and when it has done enough for one crew
 * (protocol/disk_job).
 *
 * 300 streams that are cut at the same moment are 60 ms of work in one piece. The loop, and whoever plays, would share the cores with
 * it. So a thread rests after each DISK_PACE_BURST_US of computing time. Work that was handed over DISK_PACE_GENTLE_US ago is done without
 * rests: then the machine has more to write than gentle work would do.
 *
 * Units      times are monotonic, computing time is that of the thread
 * Ownership  nothing is allocated
 * Yields     no; nothing here reads a clock or sleeps
 */
#ifndef PROTOCOL_DISK_PACE_H
#define PROTOCOL_DISK_PACE_H

#include <stdint.h>

#include "core/clock.h"

enum { DISK_PACE_BURST_US = US_PER_MS, DISK_PACE_REST_US = 3 * US_PER_MS, DISK_PACE_GENTLE_US = 250 * US_PER_MS };

/* A thread leaves the rest of a crew when it has waited so long for the disk, or has computed so long. */
enum { DISK_PACE_WAIT_US = 20 * US_PER_MS, DISK_PACE_WORK_US = 200 * US_PER_MS };

struct disk_pace {
    int64_t gentle_until_us;
    int64_t began_us, began_cpu_us; /* of the work */
    int64_t rested_us;              /* all rests together */
    int64_t burst_cpu_us;           /* computing time at the end of the last rest */
};

enum disk_pace_step {
    DISK_PACE_GO_ON,
    DISK_PACE_REST,  /* sleep for DISK_PACE_REST_US, then call disk_pace_rested() */
    DISK_PACE_LEAVE, /* no further job of this crew */
};

/** A thread begins with work that was handed over at `handed_over_us`. */
void disk_pace_init(struct disk_pace *p, int64_t handed_over_us, int64_t now_us, int64_t cpu_us);

/** What comes before the next job. */
enum disk_pace_step disk_pace_next(const struct disk_pace *p, int64_t now_us, int64_t cpu_us);

/** A rest of this length is over. */
void disk_pace_rested(struct disk_pace *p, int64_t rest_us, int64_t cpu_us);

#endif
