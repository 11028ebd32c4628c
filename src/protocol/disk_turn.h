/**
 * Turns at disks: at most DISK_TURNS writers, or crews of them (protocol/disk_job), work on one disk at a time, so a disk that hangs
 * does not use up the threads. Starts of programs take turns at the disks of their files in the same way, apart from those of
 * writers.
 *
 * A disk is the device that a writer's files were seen on. Before any was seen, it is the place where the files will lie, as the
 * writer's owner names it: writers of one place that know no device yet share its turns.
 *
 * If no turn has ended for DISK_TRY_AGAIN_US, one more writer may try at the next look, up to DISK_TURNS_MAX: the file system may
 * have been mounted again while old calls still hang. Once a turn of them ends, the number goes back.
 *
 * No system call is made here, and no thread is started: the caller begins and ends its work, and says what device it saw.
 *
 * Ownership  a turn is part of its writer. It is left before the writer is freed
 * Yields     no. All calls are made on the loop
 */
#ifndef PROTOCOL_DISK_TURN_H
#define PROTOCOL_DISK_TURN_H

#include <stdbool.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/clock.h"
#include "core/list.h"

enum { DISK_TURNS = 4, DISK_TURNS_MAX = 8 };

#define DISK_TRY_AGAIN_US (30 * (int64_t)US_PER_SECOND)

struct disk;

struct disk_turn {
    struct list  link; /* in the line of its disk */
    struct disk *disk; /* NULL: none is known, and it need not wait */
    bool         is_taken;
    bool (*begin)(struct disk_turn *t);
};

/** `begin` is called when it is the writer's turn after it had to wait. To let the next one begin, it clears is_taken and returns false. */
void disk_turn_init(struct disk_turn *t, bool (*begin)(struct disk_turn *t));

/** Join the disk of a place, given as text. False when memory is out. Does nothing for a writer that has a disk. */
bool disk_turn_join(struct disk_turn *t, const char *place) ATTR_MUST_USE;

/** True: work may begin. False: begin() is called when it may. */
bool disk_turn_take(struct disk_turn *t, int64_t now_us) ATTR_MUST_USE;

/** Let one more begin at each disk that has hung for long. */
void disk_turns_look(int64_t now_us);

bool disk_turn_waits(const struct disk_turn *t);

/** The work has ended. `device` is where the writer's files were seen; 0: nothing was seen. Others may begin in this call. */
void disk_turn_end(struct disk_turn *t, uint64_t device, int64_t now_us);

/** Give the turn of `from` to `to`, which joins its disk. `to` has no disk before. */
void disk_turn_pass(struct disk_turn *from, struct disk_turn *to);

/** Take the first one with this `begin` out of the line at the disk of `t`. NULL: there is none. */
struct disk_turn *disk_turn_next(const struct disk_turn *t, bool (*begin)(struct disk_turn *t)) ATTR_MUST_USE;

/** The writer's files were seen on this device; 0: nothing was seen. */
void disk_turn_move(struct disk_turn *t, uint64_t device);

/** The writer waits no longer, and has no disk. It has no turn either. */
void disk_turn_leave(struct disk_turn *t);

#endif
