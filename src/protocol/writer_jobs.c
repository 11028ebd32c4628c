#include "protocol/writer_jobs.h"

#include <string.h>

#include "core/clock.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/co.h"
#include "protocol/writers_gone.h"

/* ---- on a thread ----------------------------------------------------------------------------------------------- */

/* True if a failure of the operation means that something is not on disk that the rest of its batch may depend on. */
static bool failed(const struct write_op *op)
{
    return op->e && op->kind != WRITE_OPEN && op->kind != WRITE_REMOVE && op->kind != WRITE_REMOVE_FOLDER;
}

/* True for what says that earlier files are there: a file that may name them, and the removal of what they replace. */
static bool may_depend(const struct write_op *op)
{
    return op->kind == WRITE_PUT || op->kind == WRITE_REMOVE || op->kind == WRITE_REMOVE_FOLDER;
}

static void perform(struct file_writer *w, struct write_op *op)
{
    op->is_skipped = op->batch && op->n_failed != w->n_failed && may_depend(op);
    if (!op->is_skipped)
        write_op_perform(op, &w->file);
    if (op->batch && failed(op))
        w->n_failed++;
}

static void work(struct disk_job *job)
{
    struct file_writer *w = CONTAINER_OF(job, struct file_writer, job);
    LIST_FOREACH (&w->at_work, it, after) {
        if (atomic_load(&w->given_up))
            break;
        perform(w, LIST_ENTRY(it, struct write_op, link));
    }
    if (atomic_load(&w->given_up))
        err_free(written_file_close(&w->file));
    job->device = w->file.device;
}

/* ---- what came of it ------------------------------------------------------------------------------------------- */

static const char *path_of(const struct file_writer *w)
{
    return w->path ? w->path : "no file";
}

void writer_lose(struct file_writer *w, struct file_writer_lost lost, const char *why)
{
    losses_add(&w->losses, lost, w->options.what, path_of(w), why);
    w->lost_errno = 0;
}

/* Count the losses of an operation that was performed or refused, and keep its error. */
static void settle(struct file_writer *w, struct write_op *op)
{
    char                    why[ERR_TEXT_MAX], text[2 * ERR_TEXT_MAX];
    struct file_writer_lost lost = { .units = write_op_units_lost(op),
                                     .bytes = write_op_bytes_lost(op),
                                     .files = write_op_lost_file(op) };
    w->result.ok &= !failed(op) && !op->is_skipped;
    w->result.n_files_lost += lost.files;
    if (!op->e)
        return;
    struct str out = str_over(text, sizeof text);
    str_printf(&out, "%s", err_summary(op->e, why, sizeof why));
    if (err_errno(op->e))
        str_printf(&out, ": %s", strerror(err_errno(op->e)));
    writer_lose(w, lost, text);
    w->lost_errno = err_errno(op->e);
    if (w->e)
        return;
    w->e = op->e;
    op->e = NULL;
}

static void tell_batch(struct file_writer *w, const struct write_op *op)
{
    if (op->done && !w->left && !w->given_up)
        op->done(op->done_arg, &w->result);
    w->result = (struct file_writer_result){ .ok = true };
}

static void free_op(struct file_writer *w, struct write_op *op)
{
    w->n_ops--;
    w->queued -= op->cost;
    write_op_destroy(op);
}

/* Returns false if any operation failed. */
static bool settle_all(struct file_writer *w, bool refused)
{
    bool all = true;
    w->n_failed_told = w->n_failed;
    LIST_FOREACH (&w->at_work, it, after) {
        struct write_op *op = LIST_ENTRY(it, struct write_op, link);
        if (refused)
            op->e = err_new(E_THREAD_TERMINATED, "the threads that write files have ended");
        all &= !op->e;
        settle(w, op);
        if (op->kind == WRITE_BATCH_END)
            tell_batch(w, op);
        free_op(w, op);
    }
    w->queued_at_work = 0;
    return all;
}

/* ---- operations ------------------------------------------------------------------------------------------------ */

void writer_push(struct file_writer *w, struct write_op *op)
{
    op->batch = w->batch;
    op->n_failed = w->n_failed_told;
    list_push(&w->queue, &op->link);
    w->n_ops++;
    w->queued += op->cost;
}

static void free_ops(struct list *ops)
{
    LIST_FOREACH (ops, it, after)
        write_op_destroy(LIST_ENTRY(it, struct write_op, link));
}

/* ---- jobs ------------------------------------------------------------------------------------------------------ */

static void append_list(struct list *to, struct list *from)
{
    LIST_FOREACH (from, it, after) {
        list_remove(it);
        list_push(to, it);
    }
}

/* A thread gets the queue. */
static void begin(struct disk_job *job)
{
    struct file_writer *w = CONTAINER_OF(job, struct file_writer, job);
    append_list(&w->at_work, &w->queue);
    w->busy = true;
    w->queued_at_work = w->queued;
}

/* No thread takes the queue. */
static void lose_start(struct file_writer *w, const struct err *e)
{
    char why[ERR_TEXT_MAX];
    writer_lose(w, (struct file_writer_lost){ 0 }, err_summary(e, why, sizeof why));
}

void writer_start(struct file_writer *w)
{
    if (w->busy)
        disk_job_look(&w->job);
    if (w->busy || w->batch || list_is_empty(&w->queue) || writers_gone_hold_up(w))
        return;
    struct err *e = disk_job_start(&w->job);
    if (e)
        lose_start(w, e);
    err_free(e);
}

bool writer_is_under_way(const struct file_writer *w)
{
    return w->busy || disk_job_is_under_way(&w->job) || !list_is_empty(&w->follow_link);
}

bool writer_is_done(const struct file_writer *w)
{
    return !w->busy && list_is_empty(&w->queue);
}

static void go_on(struct file_writer *w);

/* ---- its end --------------------------------------------------------------------------------------------------- */

void writer_free(struct file_writer *w)
{
    losses_finish(&w->losses, w->options.what, path_of(w));
    disk_job_leave(&w->job);
    free_ops(&w->at_work);
    free_ops(&w->queue);
    if (w->closing)
        write_op_destroy(w->closing);
    if (w->batch_end)
        write_op_destroy(w->batch_end);
    writers_gone_remove(w, go_on);
    err_free(w->e);
    mem_free(w->path);
    mem_free(w->file.path); /* The file is closed, or the threads have ended and the end of the process closes it. */
    mem_free(w);
}

/* The thread may have read `given_up` before it was set, or no thread was at work. Then another job closes the file. */
static void free_given_up(struct file_writer *w)
{
    if (w->file.fd >= 0) {
        writers_gone_add_given_up(w);
        struct err *e = disk_job_start(&w->job);
        if (!e)
            return;
        err_free(e);
    }
    writer_free(w);
}

void writer_give_up(struct file_writer *w)
{
    atomic_store(&w->given_up, true);
    if (w->busy)
        writers_gone_add_given_up(w);
    else
        free_given_up(w);
}

bool writer_leave(struct file_writer *w)
{
    writer_start(w);
    return writer_is_under_way(w) && writers_gone_add_left(w);
}

/* ---- jobs that come back --------------------------------------------------------------------------------------- */

/* No job is at work, and none will begin by itself: everything is done, or the threads take no more jobs. */
static void stand_still(struct file_writer *w)
{
    if (w->waiter)
        co_unpark(w->waiter);
    if (w->left)
        writer_give_up(w);
}

/* What it waited for has come: its job is back, or an earlier writer has finished with a file of this one. */
static void go_on(struct file_writer *w)
{
    if (w->given_up)
        return;
    writer_start(w);
    if (!writer_is_under_way(w))
        stand_still(w);
}

static void back(struct disk_job *job, bool refused)
{
    struct file_writer *w = CONTAINER_OF(job, struct file_writer, job);
    if (!w->given_up) {
        bool all = settle_all(w, refused); /* still `busy`: callbacks may queue more, and leave */
        if (all && w->queued <= w->options.queue_bytes_max / 2)
            losses_end_trouble(&w->losses, w->options.what, path_of(w));
    }
    w->busy = false;
    if (w->given_up)
        free_given_up(w);
    else
        go_on(w);
}

/* What no thread takes is the beginning of the queue again. */
static void put_back(struct disk_job *job, const struct err *e)
{
    struct file_writer *w = CONTAINER_OF(job, struct file_writer, job);
    append_list(&w->at_work, &w->queue);
    append_list(&w->queue, &w->at_work);
    w->queued_at_work = 0;
    w->busy = false;
    if (w->given_up) {
        writer_free(w);
        return;
    }
    lose_start(w, e);
    stand_still(w);
}

void writer_jobs_init(struct file_writer *w)
{
    static const struct disk_job_kind kind = { .begin = begin, .work = work, .back = back, .failed = put_back };
    disk_job_init(&w->job, &kind);
    list_init(&w->followers);
    list_init(&w->follow_link);
    list_init(&w->path_mark.link);
}
