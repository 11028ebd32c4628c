#include "protocol/writer_ask.h"

#include <limits.h>
#include <string.h>

#include "core/mem.h"
#include "core/str.h"
#include "protocol/writer_jobs.h"

/* ---- losses ---------------------------------------------------------------------------------------------------- */

void writer_ask_lose(struct file_writer *w, const char *why)
{
    w->batch_failed = true;
    writer_lose(w, (struct file_writer_lost){ 0 }, why);
}

bool writer_ask_lose_file(struct file_writer *w, const char *why)
{
    w->batch_failed = true;
    writer_lose(w, (struct file_writer_lost){ .files = 1 }, why);
    return false;
}

bool writer_ask_lose_units(struct file_writer *w, size_t n, size_t len, const char *why)
{
    w->batch_failed = true;
    w->is_spoiled = true;
    writer_lose(w, (struct file_writer_lost){ .units = n, .bytes = len }, why);
    return false;
}

/* ---- asking ---------------------------------------------------------------------------------------------------- */

/* Say on which disk the writer's files lie, as far as a path tells. */
static bool know_disk(struct file_writer *w, const char *path)
{
    char        folder[PATH_MAX];
    struct str  s = str_over(folder, sizeof folder);
    const char *slash = strrchr(path, '/');
    str_append(&s, slash ? path : ".", slash ? (size_t)(slash - path) : 1);
    return disk_job_join(&w->job, folder);
}

const char *writer_ask_why_no_op(const struct file_writer *w)
{
    return w->n_ops < FILE_WRITER_OPS_MAX ? WRITER_MEMORY_IS_OUT : "too much waits for the disk";
}

struct write_op *writer_ask_op(struct file_writer *w, enum write_op_kind kind, const char *path, const char *to,
                               const char **why)
{
    *why = writer_ask_why_no_op(w);
    struct write_op *op = w->n_ops < FILE_WRITER_OPS_MAX ? write_op_create(kind, w->options.queue_bytes_max) : NULL;
    if (op && ((path && !know_disk(w, path)) || !write_op_name(op, path, to))) {
        write_op_destroy(op);
        return NULL;
    }
    return op;
}

/* ---- room in the queue ----------------------------------------------------------------------------------------- */

const char *writer_ask_why_no_room(const struct file_writer *w, size_t cost)
{
    if (cost > w->options.queue_bytes_max || w->queued > w->options.queue_bytes_max - cost)
        return "the disk is too slow, the queue is full";
    return w->queued && !mem_has_room() ? "the server holds more than memory_limit" : NULL;
}
