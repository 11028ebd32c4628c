/**
 * The inside of a file writer: its queue, and the jobs that carry the queue to a thread and back.
 *
 * Only protocol/file_writer uses this.
 */
#ifndef PROTOCOL_WRITER_JOBS_H
#define PROTOCOL_WRITER_JOBS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/err.h"
#include "core/list.h"
#include "protocol/losses.h"
#include "protocol/offload.h"
#include "protocol/write_op.h"
#include "protocol/writer_types.h"
#include "protocol/written_file.h"

struct co;

/*
 * While the pool has the writer's job (`busy`), a thread owns `at_work`, `file` and `failed_batch`; the rest always belongs to
 * the loop. The writer is freed when it has been closed and the pool has given the job back.
 */
struct file_writer {
    struct offload_job         job;
    struct file_writer_options options;
    struct list                queue, at_work;
    struct written_file        file;
    uint64_t                   failed_batch; /* the last batch in which an operation failed */
    struct write_op           *closing;      /* made with the writer, so that closing needs no memory */
    bool                       busy;
    bool                       left; /* The owner has gone; the writer is freed when everything is done. */
    atomic_bool                given_up;
    size_t                     n_ops;
    size_t                     queued, queued_at_work; /* bytes with bookkeeping: of all operations; of those at work */
    int64_t                    first_us;               /* arrival of the oldest append in the queue */
    struct co                 *waiter;
    struct err                *e; /* the first error since the last wait */
    struct losses              losses;
    struct file_writer_result  result; /* of the batch whose operations come back */

    /* The file that was asked for last. */
    char *path;        /* also for the log; NULL: none yet, or memory was out */
    bool  is_whole;    /* opened as WRITTEN_FILE_WHOLE and not renamed yet */
    bool  is_spoiled;  /* a unit of it was not taken */
    bool  is_unopened; /* The open could not be queued. */

    /* The batch that is being asked for. */
    uint64_t         batch; /* its number; 0: none */
    uint64_t         n_batches;
    bool             batch_failed;
    struct write_op *batch_end; /* made at its beginning */
};

/** Start a job for what is queued, unless one is at work or a batch is being asked for. */
void writer_start(struct file_writer *w);

bool writer_is_done(const struct file_writer *w);

/** Put the operation at the end of the queue. */
void writer_push(struct file_writer *w, struct write_op *op);

/** Take an operation out and free it. */
void writer_free_op(struct file_writer *w, struct write_op *op);

/** Count and log a loss. */
void writer_lose(struct file_writer *w, struct file_writer_lost lost, const char *why);

/** Do nothing more: free the writer now, or when the thread that works for it returns. */
void writer_give_up(struct file_writer *w);

/** Free a writer that is done. */
void writer_free(struct file_writer *w);

/** Let the writer go on without an owner. False when the threads take no more jobs, or too many writers are left already. */
bool writer_leave(struct file_writer *w) ATTR_MUST_USE;

/** Wait for the writers that were left. False at the deadline. Yields. */
bool writer_jobs_finish(int64_t deadline_us);

/** The callbacks of the writer's job. */
void writer_work(struct offload_job *job);
void writer_job_is_back(struct offload_job *job);

#endif
