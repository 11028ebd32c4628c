#include "protocol/file_writer.h"

#include <assert.h>
#include <limits.h>
#include <string.h>

#include "core/clock.h"
#include "core/iov.h"
#include "core/list.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/co.h"
#include "protocol/writer_ask.h"
#include "protocol/writer_jobs.h"
#include "protocol/writers_gone.h"

/* Appends are merged into one operation up to this size. A writer that is given up stops between two operations. */
enum { OP_BYTES = 256 << 10 };

/* ---- operations without bytes ----------------------------------------------------------------------------------- */

/* Queue an operation that starts at once, together with gathered appends. */
static bool ask(struct file_writer *w, enum write_op_kind kind, const char *path)
{
    const char      *why;
    struct write_op *op = writer_ask_op(w, kind, path, NULL, &why);
    if (op) {
        writer_push(w, op);
        writer_start(w);
    } else
        writer_ask_lose(w, why);
    return op != NULL;
}

bool file_writer_sync(struct file_writer *w)
{
    return ask(w, WRITE_SYNC, NULL);
}

/* Removes depend on their batch. */
static bool ask_to_remove(struct file_writer *w, enum write_op_kind kind, const char *path)
{
    return !(w->batch && w->batch_failed) && ask(w, kind, path);
}

bool file_writer_remove(struct file_writer *w, const char *path)
{
    return ask_to_remove(w, WRITE_REMOVE, path);
}

bool file_writer_remove_folder(struct file_writer *w, const char *path)
{
    return ask_to_remove(w, WRITE_REMOVE_FOLDER, path);
}

void file_writer_flush(struct file_writer *w)
{
    writer_start(w);
}

/* ---- the open file --------------------------------------------------------------------------------------------- */

bool file_writer_open(struct file_writer *w, const char *path, enum written_file_mode mode, int64_t rotate_bytes)
{
    const char      *why;
    char            *told = mem_strdup(path);
    struct write_op *op = writer_ask_op(w, WRITE_OPEN, path, NULL, &why);
    mem_free(w->path);
    w->path = told;
    path_mark_set(&w->path_mark, told);
    w->is_whole = mode == WRITTEN_FILE_WHOLE;
    w->is_unopened = w->is_spoiled = !op || !told;
    if (w->is_unopened) {
        writer_ask_lose(w, why);
        if (op)
            write_op_destroy(op);
        return false;
    }
    op->mode = mode;
    op->rotate_bytes = rotate_bytes;
    writer_push(w, op);
    writer_start(w);
    return true;
}

/* Rename the file that is open and must be complete. */
static bool rename_whole(struct file_writer *w, const char *from, const char *to)
{
    const char      *why = "the file could not be opened";
    struct write_op *op = w->is_unopened ? NULL : writer_ask_op(w, WRITE_RENAME, from, to, &why);
    w->is_whole = false;
    w->is_unopened = true; /* until the next open */
    if (!op)
        return writer_ask_lose_file(w, why);
    op->is_spoiled = w->is_spoiled;
    writer_push(w, op);
    writer_start(w);
    return true;
}

bool file_writer_rename(struct file_writer *w, const char *from, const char *to)
{
    const char *why;
    if (w->is_whole && (w->is_unopened || strcmp(w->path, from) == 0))
        return rename_whole(w, from, to);
    struct write_op *op = writer_ask_op(w, WRITE_RENAME, from, to, &why);
    if (!op)
        return writer_ask_lose_file(w, why);
    writer_push(w, op);
    writer_start(w);
    return true;
}

static const char *why_no_unit(const struct file_writer *w, size_t cost)
{
    if (w->is_unopened)
        return "no file is open";
    if (w->is_whole && w->is_spoiled)
        return "a part of the file is lost already";
    return writer_ask_why_no_room(w, cost);
}

bool file_writer_call(struct file_writer *w, const char *path, struct err *(*call)(void *arg),
                      void (*release)(void *arg), void  *arg)
{
    const char      *why;
    struct write_op *op = writer_ask_op(w, WRITE_CALL, path, NULL, &why);
    w->is_whole = false;
    w->is_unopened = true; /* until the next open */
    if (!op) {
        release(arg);
        return writer_ask_lose_file(w, why);
    }
    op->call = call;
    op->release = release;
    op->release_arg = arg;
    writer_push(w, op);
    writer_start(w);
    return true;
}

/* ---- units ----------------------------------------------------------------------------------------------------- */

/* The operation at the end of the queue if it takes appends, else a new one. */
static struct write_op *op_for_units(struct file_writer *w)
{
    const char      *why;
    struct write_op *last = list_is_empty(&w->queue) ? NULL : LIST_ENTRY(w->queue.prev, struct write_op, link);
    if (last && last->kind == WRITE_UNITS && last->bytes.len < OP_BYTES && last->batch == w->batch)
        return last;
    last = writer_ask_op(w, WRITE_UNITS, NULL, NULL, &why);
    if (last)
        writer_push(w, last);
    return last;
}

static bool has_gathered(const struct file_writer *w)
{
    return w->queued - w->queued_at_work >= w->options.gather_bytes || now_us() - w->first_us >= w->options.gather_us;
}

/* A unit is in the queue now. */
static bool unit_taken(struct file_writer *w)
{
    if (has_gathered(w))
        writer_start(w);
    return true;
}

bool file_writer_appendv(struct file_writer *w, const struct iovec *iov, int n_iov)
{
    size_t      len = iov_sum(iov, n_iov), cost = len + sizeof(size_t);
    const char *why_not = why_no_unit(w, cost);
    if (why_not)
        return writer_ask_lose_units(w, 1, len, why_not);
    if (w->queued == w->queued_at_work)
        w->first_us = now_us();
    struct write_op *op = op_for_units(w);
    if (!op || !write_op_add_unit(op, iov, n_iov))
        return writer_ask_lose_units(w, 1, len, writer_ask_why_no_op(w));
    op->cost += cost;
    w->queued += cost;
    return unit_taken(w);
}

bool file_writer_append(struct file_writer *w, const void *bytes, size_t len)
{
    return file_writer_appendv(w, &(struct iovec){ (void *)bytes, len }, 1);
}

/* Make an operation of shared bytes. NULL: `*why` says the reason, and the bytes are still the caller's. */
static struct write_op *make_shared(struct file_writer *w, const struct iovec *iov, int n_iov, int per_unit,
                                    const char **why)
{
    struct write_op *op = writer_ask_op(w, WRITE_SHARED, NULL, NULL, why);
    if (op && !write_op_share(op, iov, n_iov, per_unit)) {
        write_op_destroy(op);
        return NULL;
    }
    return op;
}

bool file_writer_append_units(struct file_writer *w, const struct iovec *iov, int n_iov, int per_unit,
                              void (*release)(void *arg), void *arg)
{
    size_t           len = iov_sum(iov, n_iov);
    const char      *why_not = why_no_unit(w, len);
    struct write_op *op = why_not ? NULL : make_shared(w, iov, n_iov, per_unit, &why_not);
    if (!op) {
        release(arg);
        return writer_ask_lose_units(w, (size_t)(n_iov / per_unit), len, why_not);
    }
    if (w->queued == w->queued_at_work)
        w->first_us = now_us();
    op->cost = len;
    op->release = release;
    op->release_arg = arg;
    writer_push(w, op);
    return unit_taken(w);
}

bool file_writer_append_shared(struct file_writer *w, const struct iovec *iov, int n_iov, void (*release)(void *arg),
                               void *arg)
{
    return file_writer_append_units(w, iov, n_iov, n_iov, release, arg);
}

/* ---- whole files ----------------------------------------------------------------------------------------------- */

/* Empty the puts of this path that still wait. */
static void supersede(struct file_writer *w, const char *path)
{
    LIST_FOREACH (&w->queue, it, after) {
        struct write_op *op = LIST_ENTRY(it, struct write_op, link);
        if (op->kind != WRITE_PUT || op->is_superseded || strcmp(op->path, path) != 0)
            continue;
        op->is_superseded = true;
        w->queued -= op->cost;
        op->cost = 0;
        write_op_empty(op);
    }
}

static struct write_op *make_put(struct file_writer *w, const char *path, const char *tmp_suffix, const char **why)
{
    char       tmp[PATH_MAX];
    struct str name = str_over(tmp, sizeof tmp);
    str_printf(&name, "%s%s", path, tmp_suffix);
    *why = "its path is too long";
    return name.cut ? NULL : writer_ask_op(w, WRITE_PUT, path, tmp, why);
}

static bool put(struct file_writer *w, struct write_op *op, size_t cost)
{
    supersede(w, op->path);
    op->cost = cost;
    writer_push(w, op);
    writer_start(w);
    return true;
}

bool file_writer_put(struct file_writer *w, const char *path, const char *tmp_suffix, const void *bytes, size_t len)
{
    if (w->batch && w->batch_failed)
        return false;
    const char      *why_not = writer_ask_why_no_room(w, len);
    struct write_op *op = why_not ? NULL : make_put(w, path, tmp_suffix, &why_not);
    if (!op)
        return writer_ask_lose_file(w, why_not);
    if (!write_op_add_unit(op, &(struct iovec){ (void *)bytes, len }, 1)) {
        write_op_destroy(op);
        return writer_ask_lose_file(w, WRITER_MEMORY_IS_OUT);
    }
    return put(w, op, len);
}

bool file_writer_put_shared(struct file_writer *w, const char *path, const char *tmp_suffix, const struct iovec *iov,
                            int n_iov, void (*release)(void *arg), void *arg)
{
    size_t           len = iov_sum(iov, n_iov);
    bool             is_due = !(w->batch && w->batch_failed);
    const char      *why_not = is_due ? writer_ask_why_no_room(w, len) : NULL;
    struct write_op *op = is_due && !why_not ? make_put(w, path, tmp_suffix, &why_not) : NULL;
    if (op && write_op_share(op, iov, n_iov, n_iov)) {
        op->release = release;
        op->release_arg = arg;
        return put(w, op, len);
    }
    if (op)
        write_op_destroy(op);
    release(arg);
    return is_due && writer_ask_lose_file(w, why_not);
}

/* ---- batches --------------------------------------------------------------------------------------------------- */

void file_writer_batch_begin(struct file_writer *w)
{
    const char *why;
    assert(!w->batch);
    w->batch = ++w->n_batches;
    w->batch_failed = false;
    w->batch_end = writer_ask_op(w, WRITE_BATCH_END, NULL, NULL, &why);
    if (!w->batch_end)
        writer_ask_lose(w, why);
}

bool file_writer_batch_end(struct file_writer *w, void (*done)(void *arg, const struct file_writer_result *r),
                           void               *arg)
{
    struct write_op *end = w->batch_end;
    w->batch_end = NULL;
    w->batch = 0;
    if (end) {
        end->done = w->batch_failed ? NULL : done;
        end->done_arg = arg;
        writer_push(w, end);
    }
    writer_start(w);
    return !w->batch_failed;
}

/* ---- its life -------------------------------------------------------------------------------------------------- */

struct err *file_writer_create(struct file_writer **out, const struct file_writer_options *o)
{
    struct file_writer *w = mem_calloc(1, sizeof *w);
    *out = NULL;
    if (!w)
        return err_no_memory();
    writer_jobs_init(w);
    w->options = *o;
    w->options.place = NULL; /* It may be gone when the caller returns. */
    w->file = WRITTEN_FILE_INIT;
    w->result.ok = true;
    w->is_unopened = true;
    list_init(&w->queue);
    list_init(&w->at_work);
    w->closing = write_op_create(WRITE_CLOSE, 0);
    if (w->closing && (!o->place || disk_job_join(&w->job, o->place)))
        *out = w;
    else
        writer_free(w);
    return *out ? NULL : err_no_memory();
}

bool file_writer_is_done(const struct file_writer *w)
{
    return writer_is_done(w);
}

struct file_writer_lost file_writer_lost(const struct file_writer *w)
{
    return w->losses.lost;
}

int file_writer_lost_errno(const struct file_writer *w)
{
    return w->lost_errno;
}

/* Wait until something of it may be done. Looks from time to time whether another writer, which hangs, holds this one up. */
static struct err *wait_a_while(struct file_writer *w, int64_t deadline_us)
{
    int64_t look_us = now_us() + CREW_LATE_US;
    w->waiter = co_self();
    struct err *e = co_park(look_us < co_deadline(deadline_us) ? look_us : co_deadline(deadline_us));
    w->waiter = NULL;
    if (now_us() < co_deadline(deadline_us))
        e = err_except(e, E_SOCKET_TIMEOUT); /* It was time to look, or the process stood still. */
    return e;
}

/* Wait until everything is done. Fails if the pool does not take the queue. */
static struct err *drain(struct file_writer *w, int64_t deadline_us)
{
    struct err *e = NULL;
    writer_start(w);
    while (!e && !writer_is_done(w)) {
        if (!writer_is_under_way(w))
            return err_new(E_THREAD_TERMINATED, "the threads that write files take no more");
        e = wait_a_while(w, deadline_us);
        writer_start(w);
    }
    if (writer_is_done(w)) {
        err_free(e);
        e = NULL;
    }
    return e;
}

struct err *file_writer_wait(struct file_writer *w, int64_t deadline_us)
{
    assert(!w->batch);
    struct err *e = drain(w, deadline_us);
    if (!e) {
        e = w->e;
        w->e = NULL;
    }
    return err_wrap(e, "%s", w->options.what);
}

/* Queue the last operation. An unfinished batch ends here. */
static void push_closing(struct file_writer *w)
{
    w->batch = 0;
    writer_push(w, w->closing);
    w->closing = NULL;
}

struct err *file_writer_close(struct file_writer **wp, int64_t deadline_us)
{
    struct file_writer *w = *wp;
    *wp = NULL;
    if (!w)
        return NULL;
    push_closing(w);
    struct err *e = file_writer_wait(w, deadline_us);
    if (writer_is_done(w)) {
        writer_free(w);
        return e;
    }
    if (err_code(e) == E_THREAD_INTERRUPTED && writer_leave(w)) {
        err_free(e);
        return NULL;
    }
    e = err_wrap(e, "%zu bytes of %s are given up", w->queued, w->path ? w->path : "no file");
    writer_give_up(w);
    return e;
}

void file_writer_leave(struct file_writer **wp)
{
    struct file_writer *w = *wp;
    *wp = NULL;
    if (!w)
        return;
    push_closing(w);
    if (!writer_leave(w)) {
        log_warn("%s, %s: %zu bytes are given up", w->options.what, w->path ? w->path : "no file", w->queued);
        writer_give_up(w);
    }
}

bool file_writers_finish(int64_t deadline_us)
{
    return writers_gone_finish(deadline_us);
}
