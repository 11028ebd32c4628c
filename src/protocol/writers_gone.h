/**
 * Writers whose owners have gone, and which still have work or hang in the disk.
 *
 * A file may be opened again while such a writer has not finished with it. The new writer waits for the old one, so what the two
 * write does not interleave. Writers of other files do not wait.
 *
 * Yields     only writers_gone_finish()
 */
#ifndef PROTOCOL_WRITERS_GONE_H
#define PROTOCOL_WRITERS_GONE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/attr.h"
#include "protocol/writer_state.h"

/** The owner has left the writer. False if too many were left already. */
bool writers_gone_add_left(struct file_writer *w) ATTR_MUST_USE;

/** The writer was given up while a thread works for it. */
void writers_gone_add_given_up(struct file_writer *w);

/** The writer is freed. Calls `start` for each writer that waited for it. */
void writers_gone_remove(struct file_writer *w, void (*start)(struct file_writer *w));

/**
 * True if the writer must wait: it names a file that an earlier writer has not finished with. It is started by
 * writers_gone_remove().
 */
bool writers_gone_hold_up(struct file_writer *w) ATTR_MUST_USE;

/** Wait for the writers that were left. False at the deadline. Yields. */
bool writers_gone_finish(int64_t deadline_us);

#endif
