/**
 * Work at disks, by threads, for those that have work again and again. Jobs of one disk that are started in the same turn of the
 * loop share a thread, and one way there and back: they are a crew. A hundred files that each get some bytes cost one wake-up, not
 * a hundred.
 *
 *     disk_job_start(&j)         as soon as it is its crew's turn at the disk (protocol/disk_turn.h):
 *         kind->begin(j)         on the loop: a thread takes it now
 *         kind->work(j)          on the thread
 *         kind->back(j, false)   on the loop
 *
 * A thread works in short bursts, so that the loop has the cores in between, and leaves the rest of a crew whose disk is slow
 * (protocol/disk_pace.h). A crew that has not come back after CREW_LATE_US is
 * left by those that the hanging job holds up, once one of them is looked at, or another job is started. Jobs that were left begin again:
 * each begins a crew of its own, or waits for its turn.
 *
 * Ownership  a job is part of what works; it is left before that is freed
 * Yields     no. All calls are made on the loop
 */
#ifndef PROTOCOL_DISK_JOB_H
#define PROTOCOL_DISK_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/clock.h"
#include "core/err.h"
#include "core/list.h"
#include "protocol/disk_turn.h"

enum { CREW_JOBS_MAX = 256, CREW_LATE_US = US_PER_SECOND };

struct disk_crew;
struct disk_job;

struct disk_job_kind {
    void (*begin)(struct disk_job *j);                       /* may come again before work() does */
    void (*work)(struct disk_job *j);                        /* may neither log nor call functions of coroutines */
    void (*back)(struct disk_job *j, bool refused);          /* refused: The threads ended before one took it. */
    void (*failed)(struct disk_job *j, const struct err *e); /* No thread takes it. It may be started again. */
};

struct disk_job {
    const struct disk_job_kind *kind;
    struct disk_turn            turn;
    struct disk_crew           *crew;   /* NULL: none */
    struct list                 link;   /* in the crew */
    bool                        alone;  /* Its next crew has no other job. */
    uint64_t                    device; /* on which work() has seen the files; 0: none. It sets it */
};

void disk_job_init(struct disk_job *j, const struct disk_job_kind *kind);

/** Join the disk of a place: see disk_turn_join(). */
bool disk_job_join(struct disk_job *j, const char *place) ATTR_MUST_USE;

/**
 * Start a job. One that is under way is not started again.
 *
 * Errors     E_THREAD_TERMINATED, out of memory: nothing was started
 */
struct err *disk_job_start(struct disk_job *j) ATTR_MUST_USE;

/** Look after a job that is under way, before the loop looks at sockets again: its crew may be late, or its disk may hang. */
void disk_job_look(const struct disk_job *j);

/** Look after all jobs in that way. */
void disk_jobs_look(void);

/** It was started, and has not come back. */
bool disk_job_is_under_way(const struct disk_job *j);

/** Leave the disk. A job that a thread may have is not left. */
void disk_job_leave(struct disk_job *j);

#endif
