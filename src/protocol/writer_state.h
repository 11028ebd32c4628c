/**
 * The inside of a file writer. Only protocol/file_writer and the files behind it use this.
 *
 * Yields     nothing here
 */
#ifndef PROTOCOL_WRITER_STATE_H
#define PROTOCOL_WRITER_STATE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/list.h"
#include "protocol/disk_job.h"
#include "protocol/losses.h"
#include "protocol/write_op.h"
#include "protocol/writer_types.h"
#include "protocol/written_file.h"

struct co;

/*
 * While a thread has or gets the writer's job (`busy`), it owns `at_work`, `file` and `n_failed`; the rest always belongs to
 * the loop. The writer is freed when it has been closed and the job has come back.
 */
struct file_writer {
    struct disk_job            job; /* at the disk where the files lie */
    struct file_writer_options options;
    struct list                queue, at_work;
    struct written_file        file;
    uint64_t                   n_failed;    /* batches in which something could not be written */
    struct write_op           *closing;     /* made with the writer, so that closing needs no memory */
    uint64_t                   gone_number; /* order of those whose owners have gone; 0: the owner is there */
    struct list                followers;   /* writers that wait for the end of this one, which has gone */
    struct list                follow_link; /* in `followers` of the writer that this one waits for */
    bool                       busy;
    bool                       left; /* The owner has gone; the writer is freed when everything is done. */
    atomic_bool                given_up;
    size_t                     n_ops;
    size_t                     queued, queued_at_work; /* bytes with bookkeeping: of all operations; of those at work */
    int64_t                    first_us;               /* arrival of the oldest append in the queue */
    struct co                 *waiter;
    struct err                *e; /* the first error since the last wait */
    struct losses              losses;
    int                        lost_errno;    /* of the newest loss; 0: it was not taken, or the threads have ended */
    uint64_t                   n_failed_told; /* of `n_failed`, what the owner knows */
    struct file_writer_result  result;        /* of the batch whose operations come back */

    /* The file that was asked for last. */
    char            *path; /* also for the log; NULL: none yet, or memory was out */
    struct path_mark path_mark;
    bool             is_whole;    /* opened as WRITTEN_FILE_WHOLE and not renamed yet */
    bool             is_spoiled;  /* a unit of it was not taken */
    bool             is_unopened; /* The open could not be queued. */

    /* The batch that is being asked for. */
    uint64_t         batch; /* its number; 0: none */
    uint64_t         n_batches;
    bool             batch_failed;
    struct write_op *batch_end; /* made at its beginning */
};

#endif
