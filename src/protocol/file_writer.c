#include "protocol/file_writer.h"

#include <stdatomic.h>
#include <string.h>

#include "core/buf.h"
#include "core/clock.h"
#include "core/list.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/co.h"
#include "protocol/offload.h"

/* Appends are merged into one operation up to this size. A writer that is given up stops between two operations. */
enum { OP_BYTES = 256 << 10 };

/* A disk that is just too slow is in trouble many times a second, but the log gets one pair of lines per interval. */
enum { TELL_AGAIN_US = 10 * US_PER_SECOND };

enum op_kind { OP_OPEN, OP_UNITS, OP_SYNC, OP_RENAME, OP_CLOSE };

struct op {
    struct list            link;
    enum op_kind           kind;
    struct buf             bytes, ends; /* the units; the offset of the end of each, as size_t */
    char                  *path, *to;
    enum written_file_mode mode;
    int64_t                rotate_bytes;
    size_t                 n_written; /* units that are in the file */
    struct err            *e;
};

/*
 * While the pool has the writer's job (`busy`), a thread owns `at_work` and `file`; the rest always belongs to the loop. The
 * writer is freed when it has been closed and the pool has given the job back.
 */
struct file_writer {
    struct offload_job         job;
    struct file_writer_options options;
    struct list                queue, at_work;
    struct written_file        file;
    struct op                  closing; /* the last operation, part of the writer: closing needs no memory */
    bool                       busy;
    bool                       left; /* The owner has gone; the writer is freed when everything is done. */
    atomic_bool                given_up;
    size_t                     n_ops;
    size_t                     queued, queued_at_work; /* bytes with bookkeeping: of all operations; of those at work */
    int64_t                    first_us;               /* arrival of the oldest append in the queue */
    char                      *path;                   /* path that was opened last, for the log */
    struct co                 *waiter;
    struct err                *e;               /* the first error since the last wait */
    struct file_writer_lost    lost, lost_told; /* losses in all; losses that the log has told */
    bool                       in_trouble;
    bool                       is_told;      /* The log has a line about the trouble, and gets one about its end. */
    int64_t                    told_last_us; /* time of the last line about an end; 0: none yet */
};

/* The number of writers that were left and still work, and the coroutine that waits for the last of them. */
static struct {
    size_t     n;
    struct co *waiter;
} left;

/* ---- on a thread ----------------------------------------------------------------------------------------------- */

static struct err *perform(struct written_file *f, struct op *op)
{
    char *path = op->path;
    switch (op->kind) {
    case OP_OPEN: op->path = NULL; return written_file_open(f, path, op->mode, op->rotate_bytes);
    case OP_UNITS:
        return written_file_append(f, op->bytes.bytes, (const size_t *)(void *)op->ends.bytes,
                                   op->ends.len / sizeof(size_t), &op->n_written);
    case OP_SYNC: return written_file_sync(f);
    case OP_RENAME: return written_file_rename(op->path, op->to);
    default: return written_file_close(f);
    }
}

static void work(struct offload_job *job)
{
    struct file_writer *w = CONTAINER_OF(job, struct file_writer, job);
    LIST_FOREACH (&w->at_work, it, after) {
        struct op *op = LIST_ENTRY(it, struct op, link);
        if (atomic_load(&w->given_up))
            break;
        op->e = perform(&w->file, op);
    }
    if (atomic_load(&w->given_up))
        err_free(written_file_close(&w->file));
}

/* ---- losses ---------------------------------------------------------------------------------------------------- */

static const char *path_of(const struct file_writer *w)
{
    return w->path ? w->path : "no file";
}

static void lose(struct file_writer *w, size_t n_units, size_t n_bytes, const char *why)
{
    w->in_trouble = true;
    if (!w->is_told && (!w->told_last_us || now_us() - w->told_last_us >= TELL_AGAIN_US)) {
        w->is_told = true;
        log_warn("%s, %s: %s; what comes is lost until it can be written again", w->options.what, path_of(w), why);
    }
    w->lost.units += n_units;
    w->lost.bytes += n_bytes;
}

static void tell_lost(struct file_writer *w, const char *event)
{
    log_info("%s, %s: %s, lost: %llu units, %llu bytes", w->options.what, path_of(w), event,
             (unsigned long long)(w->lost.units - w->lost_told.units),
             (unsigned long long)(w->lost.bytes - w->lost_told.bytes));
    w->lost_told = w->lost;
}

static void end_trouble(struct file_writer *w)
{
    w->in_trouble = false;
    if (!w->is_told)
        return;
    tell_lost(w, "written again");
    w->is_told = false;
    w->told_last_us = now_us();
}

struct file_writer_lost file_writer_lost(const struct file_writer *w)
{
    return w->lost;
}

/* ---- operations ------------------------------------------------------------------------------------------------ */

static void free_op(struct file_writer *w, struct op *op)
{
    list_remove(&op->link);
    w->n_ops--;
    buf_finish(&op->bytes);
    buf_finish(&op->ends);
    mem_free(op->path);
    mem_free(op->to);
    if (op != &w->closing)
        mem_free(op);
}

static size_t n_bytes_lost(const struct op *op)
{
    size_t end = 0;
    if (op->n_written)
        memcpy(&end, op->ends.bytes + (op->n_written - 1) * sizeof end, sizeof end);
    return op->bytes.len - end;
}

/* Count the losses of an operation that was performed or given up, and keep its error. */
static void settle(struct file_writer *w, struct op *op)
{
    char   why[ERR_TEXT_MAX], text[2 * ERR_TEXT_MAX];
    size_t n_lost = op->ends.len / sizeof(size_t) - op->n_written;
    if (!op->e && !n_lost)
        return;
    struct str out = str_over(text, sizeof text);
    str_printf(&out, "%s", err_summary(op->e, why, sizeof why));
    if (err_errno(op->e))
        str_printf(&out, ": %s", strerror(err_errno(op->e)));
    lose(w, n_lost, n_bytes_lost(op), text);
    if (w->e)
        err_free(op->e);
    else
        w->e = op->e;
    op->e = NULL;
}

/* ---- jobs ------------------------------------------------------------------------------------------------------ */

static void append_list(struct list *to, struct list *from)
{
    LIST_FOREACH (from, it, after) {
        list_remove(it);
        list_push(to, it);
    }
}

static void start(struct file_writer *w)
{
    if (w->busy || list_is_empty(&w->queue))
        return;
    append_list(&w->at_work, &w->queue);
    struct err *e = offload_start(OFFLOAD_WRITE, &w->job);
    if (e) {
        char why[ERR_TEXT_MAX];
        append_list(&w->queue, &w->at_work);
        lose(w, 0, 0, err_summary(e, why, sizeof why));
        err_free(e);
        return;
    }
    w->busy = true;
    w->queued_at_work = w->queued;
}

static void free_writer(struct file_writer *w)
{
    if (w->lost.units > w->lost_told.units)
        tell_lost(w, "closed");
    if (w->left && --left.n == 0 && left.waiter)
        co_unpark(left.waiter);
    LIST_FOREACH (&w->at_work, it, after)
        free_op(w, LIST_ENTRY(it, struct op, link));
    LIST_FOREACH (&w->queue, it, after)
        free_op(w, LIST_ENTRY(it, struct op, link));
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
        free_writer(w);
}

static void give_up(struct file_writer *w)
{
    atomic_store(&w->given_up, true);
    if (!w->busy)
        free_given_up(w);
}

/* Called on the loop when the pool gives the job back. */
static void job_is_back(struct offload_job *job)
{
    struct file_writer *w = CONTAINER_OF(job, struct file_writer, job);
    bool                failed = false;
    w->busy = false;
    if (w->given_up) {
        free_given_up(w);
        return;
    }
    LIST_FOREACH (&w->at_work, it, after) {
        struct op *op = LIST_ENTRY(it, struct op, link);
        if (job->refused)
            op->e = err_new(E_THREAD_TERMINATED, "the threads that write files have ended");
        failed |= op->e != NULL;
        settle(w, op);
        free_op(w, op);
    }
    w->queued -= w->queued_at_work;
    w->queued_at_work = 0;
    if (w->in_trouble && !failed && w->queued <= w->options.queue_bytes_max / 2)
        end_trouble(w);
    start(w);
    if (w->busy)
        return;
    if (w->waiter)
        co_unpark(w->waiter);
    if (w->left)
        give_up(w); /* nothing is left to do, or the threads take no more jobs */
}

/* ---- asking ---------------------------------------------------------------------------------------------------- */

static void push(struct file_writer *w, struct op *op)
{
    list_push(&w->queue, &op->link);
    w->n_ops++;
}

static struct op *new_op(struct file_writer *w, enum op_kind kind)
{
    struct op *op = w->n_ops < FILE_WRITER_OPS_MAX ? mem_calloc(1, sizeof *op) : NULL;
    if (!op) {
        lose(w, 0, 0, w->n_ops < FILE_WRITER_OPS_MAX ? "memory is out" : "too much waits for the disk");
        return NULL;
    }
    *op = (struct op){ .kind = kind,
                       .bytes = buf_up_to(w->options.queue_bytes_max),
                       .ends = buf_up_to(w->options.queue_bytes_max) };
    push(w, op);
    return op;
}

/* Queue an operation on a file's name. It starts at once, together with gathered appends. */
static bool ask(struct file_writer *w, enum op_kind kind, const char *path, const char *to, struct op **made)
{
    struct op *op = new_op(w, kind);
    if (!op)
        return false;
    op->path = path ? mem_strdup(path) : NULL;
    op->to = to ? mem_strdup(to) : NULL;
    if ((path && !op->path) || (to && !op->to)) {
        free_op(w, op);
        lose(w, 0, 0, "memory is out");
        return false;
    }
    if (made)
        *made = op;
    return true;
}

bool file_writer_open(struct file_writer *w, const char *path, enum written_file_mode mode, int64_t rotate_bytes)
{
    struct op *op;
    char      *told = mem_strdup(path);
    if (!told || !ask(w, OP_OPEN, path, NULL, &op)) {
        mem_free(told);
        return false;
    }
    mem_free(w->path);
    w->path = told;
    op->mode = mode;
    op->rotate_bytes = rotate_bytes;
    start(w);
    return true;
}

bool file_writer_sync(struct file_writer *w)
{
    bool asked = ask(w, OP_SYNC, NULL, NULL, NULL);
    start(w);
    return asked;
}

bool file_writer_rename(struct file_writer *w, const char *from, const char *to)
{
    bool asked = ask(w, OP_RENAME, from, to, NULL);
    start(w);
    return asked;
}

void file_writer_flush(struct file_writer *w)
{
    start(w);
}

/* The operation at the end of the queue if it takes appends, else a new one. */
static struct op *op_for_units(struct file_writer *w)
{
    struct op *last = list_is_empty(&w->queue) ? NULL : LIST_ENTRY(w->queue.prev, struct op, link);
    return last && last->kind == OP_UNITS && last->bytes.len < OP_BYTES ? last : new_op(w, OP_UNITS);
}

static bool add_unit(struct op *op, const struct iovec *iov, int n_iov)
{
    size_t before = op->bytes.len, n_ends = op->ends.len;
    for (int i = 0; i < n_iov; i++)
        buf_append(&op->bytes, iov[i].iov_base, iov[i].iov_len);
    buf_append(&op->ends, &op->bytes.len, sizeof op->bytes.len);
    if (!op->bytes.fault && !op->ends.fault)
        return true;
    buf_rewind(&op->bytes, before);
    buf_rewind(&op->ends, n_ends);
    return false;
}

static bool has_gathered(const struct file_writer *w)
{
    return w->queued - w->queued_at_work >= w->options.gather_bytes || now_us() - w->first_us >= w->options.gather_us;
}

bool file_writer_appendv(struct file_writer *w, const struct iovec *iov, int n_iov)
{
    size_t len = 0, cost = sizeof(size_t);
    for (int i = 0; i < n_iov; i++)
        len += iov[i].iov_len;
    cost += len;
    bool fits = cost <= w->options.queue_bytes_max && w->queued <= w->options.queue_bytes_max - cost;
    if (!fits || (w->queued && !mem_has_room())) {
        lose(w, 1, len, fits ? "the server holds more than memory_limit" : "the disk is too slow, the queue is full");
        return false;
    }
    struct op *op = op_for_units(w);
    if (!op || !add_unit(op, iov, n_iov)) {
        lose(w, 1, len, "memory is out");
        return false;
    }
    if (w->queued == w->queued_at_work)
        w->first_us = now_us();
    w->queued += cost;
    if (has_gathered(w))
        start(w);
    return true;
}

bool file_writer_append(struct file_writer *w, const void *bytes, size_t len)
{
    return file_writer_appendv(w, &(struct iovec){ (void *)bytes, len }, 1);
}

/* ---- its life -------------------------------------------------------------------------------------------------- */

struct err *file_writer_create(struct file_writer **out, const struct file_writer_options *o)
{
    struct file_writer *w = mem_calloc(1, sizeof *w);
    *out = w;
    if (!w)
        return err_no_memory();
    w->job = (struct offload_job){ .work = work, .drop = job_is_back };
    w->options = *o;
    w->file = WRITTEN_FILE_INIT;
    w->closing.kind = OP_CLOSE;
    list_init(&w->queue);
    list_init(&w->at_work);
    return NULL;
}

static bool is_done(const struct file_writer *w)
{
    return !w->busy && list_is_empty(&w->queue);
}

/* Wait until everything is done. Fails if the pool does not take the queue. */
static struct err *drain(struct file_writer *w, int64_t deadline_us)
{
    struct err *e = NULL;
    start(w);
    while (!e && !is_done(w)) {
        if (!w->busy)
            return err_new(E_THREAD_TERMINATED, "the threads that write files take no more");
        w->waiter = co_self();
        e = co_park(co_deadline(deadline_us));
        w->waiter = NULL;
        if (err_code(e) == E_SOCKET_TIMEOUT && now_us() < co_deadline(deadline_us)) {
            err_free(e); /* the process stood still */
            e = NULL;
        }
    }
    if (is_done(w)) {
        err_free(e);
        e = NULL;
    }
    return e;
}

struct err *file_writer_wait(struct file_writer *w, int64_t deadline_us)
{
    struct err *e = drain(w, deadline_us);
    if (!e) {
        e = w->e;
        w->e = NULL;
    }
    return err_wrap(e, "%s", w->options.what);
}

/* False when the threads take no more jobs, or too many writers are left already. */
static bool leave(struct file_writer *w)
{
    start(w);
    if (!w->busy || left.n >= FILE_WRITERS_LEFT_MAX)
        return false;
    w->left = true;
    left.n++;
    return true;
}

struct err *file_writer_close(struct file_writer **wp, int64_t deadline_us)
{
    struct file_writer *w = *wp;
    *wp = NULL;
    if (!w)
        return NULL;
    push(w, &w->closing);
    struct err *e = file_writer_wait(w, deadline_us);
    if (is_done(w)) {
        free_writer(w);
        return e;
    }
    if (err_code(e) == E_THREAD_INTERRUPTED && leave(w)) {
        err_free(e);
        return NULL;
    }
    e = err_wrap(e, "%zu bytes of %s are given up", w->queued, path_of(w));
    give_up(w);
    return e;
}

void file_writer_leave(struct file_writer **wp)
{
    struct file_writer *w = *wp;
    *wp = NULL;
    if (!w)
        return;
    push(w, &w->closing);
    if (!leave(w)) {
        log_warn("%s, %s: %zu bytes are given up", w->options.what, path_of(w), w->queued);
        give_up(w);
    }
}

bool file_writers_finish(int64_t deadline_us)
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
