/**
 * The jobs of a file writer: they carry its queue to a thread, and what came of it back.
 *
 * A job begins when nothing holds it up: the last one is back, no batch is being asked for, writers that were left before have
 * finished with its files (protocol/writers_gone), and it is the turn of a crew at its disk (protocol/disk_job).
 *
 * Only protocol/file_writer uses this.
 */
#ifndef PROTOCOL_WRITER_JOBS_H
#define PROTOCOL_WRITER_JOBS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/attr.h"
#include "protocol/losses.h"
#include "protocol/write_op.h"
#include "protocol/writer_state.h"

/** Start a job for what is queued as soon as possible. */
void writer_start(struct file_writer *w);

/** True if a job is at work, or will begin without another call. */
bool writer_is_under_way(const struct file_writer *w);

/** True if there is nothing to do. */
bool writer_is_done(const struct file_writer *w);

/** Put the operation at the end of the queue. */
void writer_push(struct file_writer *w, struct write_op *op);

/** Count and log a loss. */
void writer_lose(struct file_writer *w, struct file_writer_lost lost, const char *why);

/** Do nothing more: free the writer now, or when the thread that works for it returns. */
void writer_give_up(struct file_writer *w);

/** Free a writer that is done. */
void writer_free(struct file_writer *w);

/** Let the writer go on without an owner. False when the threads take no more jobs, or too many writers are left already. */
bool writer_leave(struct file_writer *w) ATTR_MUST_USE;

/** Make the job of a new writer. */
void writer_jobs_init(struct file_writer *w);

#endif
