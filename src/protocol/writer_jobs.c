#include "protocol/writer_jobs.h"

#include <string.h>

#include "core/mem.h"
#include "core/str.h"
#include "protocol/co.h"

/* The number of writers that were left and still work, and the coroutine that waits for the last of them. */
static struct {
    size_t     n;
    struct co *waiter;
} left;

/* ---- on a thread ----------------------------------------------------------------------------------------------- */

/* True if a failure of the operation means that something is not on disk that the rest of its batch may depend on. */
static bool failed(const struct write_op *op)
{
    return op->e && op->kind != WRITE_OPEN && op->kind != WRITE_REMOVE && op->kind != WRITE_REMOVE_FOLDER;
}

/* True for what a reader would miss: a file that is removed, and one that names others. */
static bool depends_on_its_batch(const struct write_op *op)
{
    return op->kind == WRITE_PUT || op->kind == WRITE_REMOVE || op->kind == WRITE_REMOVE_FOLDER;
}

static void perform(struct file_writer *w, struct write_op *op)
{
    op->is_skipped = op->batch && op->batch == w->failed_batch && depends_on_its_batch(op);
    if (!op->is_skipped)
        write_op_perform(op, &w->file);
    if (op->batch && failed(op))
        w->failed_batch = op->batch;
}

void writer_work(struct offload_job *job)
{
    struct file_writer *w = CONTAINER_OF(job, struct file_writer, job);
    LIST_FOREACH (&w->at_work, it, after) {
        if (atomic_load(&w->given_up))
            break;
        perform(w, LIST_ENTRY(it, struct write_op, link));
    }
    if (atomic_load(&w->given_up))
        err_free(written_file_close(&w->file));
}

/* ---- what came of it ------------------------------------------------------------------------------------------- */

static const char *path_of(const struct file_writer *w)
{
    return w->path ? w->path : "no file";
}

void writer_lose(struct file_writer *w, struct file_writer_lost lost, const char *why)
{
    losses_add(&w->losses, lost, w->options.what, path_of(w), why);
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

/* Returns false if any operation failed. */
static bool settle_all(struct file_writer *w, bool refused)
{
    bool all = true;
    LIST_FOREACH (&w->at_work, it, after) {
        struct write_op *op = LIST_ENTRY(it, struct write_op, link);
        if (refused)
            op->e = err_new(E_THREAD_TERMINATED, "the threads that write files have ended");
        all &= !op->e;
        settle(w, op);
        if (op->kind == WRITE_BATCH_END)
            tell_batch(w, op);
        writer_free_op(w, op);
    }
    w->queued_at_work = 0;
    return all;
}

/* ---- operations ------------------------------------------------------------------------------------------------ */

void writer_push(struct file_writer *w, struct write_op *op)
{
    op->batch = w->batch;
    list_push(&w->queue, &op->link);
    w->n_ops++;
    w->queued += op->cost;
}

void writer_free_op(struct file_writer *w, struct write_op *op)
{
    w->n_ops--;
    w->queued -= op->cost;
    write_op_destroy(op);
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

void writer_start(struct file_writer *w)
{
    if (w->busy || w->batch || list_is_empty(&w->queue))
        return;
    append_list(&w->at_work, &w->queue);
    struct err *e = offload_start(OFFLOAD_WRITE, &w->job);
    if (e) {
        char why[ERR_TEXT_MAX];
        append_list(&w->queue, &w->at_work);
        writer_lose(w, (struct file_writer_lost){ 0 }, err_summary(e, why, sizeof why));
        err_free(e);
        return;
    }
    w->busy = true;
    w->queued_at_work = w->queued;
}

bool writer_is_done(const struct file_writer *w)
{
    return !w->busy && list_is_empty(&w->queue);
}

void writer_free(struct file_writer *w)
{
    losses_finish(&w->losses, w->options.what, path_of(w));
    if (w->left && --left.n == 0 && left.waiter)
        co_unpark(left.waiter);
    free_ops(&w->at_work);
    free_ops(&w->queue);
    if (w->closing)
        write_op_destroy(w->closing);
    if (w->batch_end)
        write_op_destroy(w->batch_end);
    err_free(w->e);
    mem_free(w->path);
    mem_free(w->file.path); /* The file is closed, or the threads have ended and the end of the process closes it. */
    mem_free(w);
}

/* The thread may have read `given_up` before it was set, or no thread was at work. Then another job closes the file. */
static void free_given_up(struct file_writer *w)
{
    struct err *e = NULL;
    w->busy = w->file.fd >= 0 && !(e = offload_start(OFFLOAD_WRITE, &w->job));
    err_free(e);
    if (!w->busy)
        writer_free(w);
}

void writer_give_up(struct file_writer *w)
{
    atomic_store(&w->given_up, true);
    if (!w->busy)
        free_given_up(w);
}

static void wake_waiter(struct file_writer *w)
{
    if (w->waiter)
        co_unpark(w->waiter);
    if (w->left)
        writer_give_up(w); /* nothing is left to do, or the threads take no more jobs */
}

void writer_job_is_back(struct offload_job *job)
{
    struct file_writer *w = CONTAINER_OF(job, struct file_writer, job);
    if (!w->given_up) {
        bool all = settle_all(w, job->refused); /* still `busy`: callbacks may queue more, and leave */
        if (all && w->queued <= w->options.queue_bytes_max / 2)
            losses_end_trouble(&w->losses, w->options.what, path_of(w));
    }
    w->busy = false;
    if (w->given_up) {
        free_given_up(w);
        return;
    }
    writer_start(w);
    if (!w->busy)
        wake_waiter(w);
}

bool writer_leave(struct file_writer *w)
{
    writer_start(w);
    if (!w->busy || left.n >= WRITERS_LEFT_MAX)
        return false;
    w->left = true;
    left.n++;
    return true;
}

bool writer_jobs_finish(int64_t deadline_us)
{
    struct err *e = NULL;
    while (left.n && !e) {
        left.waiter = co_self();
        e = co_park(co_deadline(deadline_us));
        left.waiter = NULL;
    }
    err_free(e);
    return !left.n;
}
