#include "protocol/write_op.h"

#include <string.h>

#include "core/iov.h"
#include "core/mem.h"
#include "protocol/path_ops.h"

void path_mark_set(struct path_mark *m, const char *path)
{
    uint64_t hash = 0xcbf29ce484222325; /* FNV-1a, 64 bits */
    for (const char *c = path; c && *c; c++)
        hash = (hash ^ (uint8_t)*c) * 0x100000001b3;
    m->hash = path ? hash : 0;
}

/* ---- making ---------------------------------------------------------------------------------------------------- */

struct write_op *write_op_create(enum write_op_kind kind, size_t bytes_max)
{
    struct write_op *op = mem_calloc(1, sizeof *op);
    if (!op)
        return NULL;
    *op = (struct write_op){ .kind = kind, .bytes = buf_up_to(bytes_max), .ends = buf_up_to(bytes_max) };
    list_init(&op->link);
    list_init(&op->path_mark.link);
    list_init(&op->to_mark.link);
    return op;
}

bool write_op_name(struct write_op *op, const char *path, const char *to)
{
    op->path = path ? mem_strdup(path) : NULL;
    op->to = to ? mem_strdup(to) : NULL;
    path_mark_set(&op->path_mark, path);
    path_mark_set(&op->to_mark, to);
    return (!path || op->path) && (!to || op->to);
}

bool write_op_share(struct write_op *op, const struct iovec *iov, int n_iov, int per_unit)
{
    op->iov = mem_calloc((size_t)n_iov, sizeof *iov);
    if (!op->iov)
        return false;
    memcpy(op->iov, iov, (size_t)n_iov * sizeof *iov);
    op->n_iov = n_iov;
    op->per_unit = per_unit;
    return true;
}

bool write_op_add_unit(struct write_op *op, const struct iovec *iov, int n_iov)
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

/* ---- on a thread ----------------------------------------------------------------------------------------------- */

static struct err *put(const struct write_op *op, struct written_file *f)
{
    const struct iovec copied = { op->bytes.bytes, op->bytes.len };
    if (op->is_superseded)
        return NULL;
    return path_put(op->path, op->to, op->iov ? op->iov : &copied, op->iov ? op->n_iov : 1, &f->device);
}

static struct err *append_units(struct write_op *op, struct written_file *f)
{
    return written_file_append(f, op->bytes.bytes, (const size_t *)(void *)op->ends.bytes,
                               op->ends.len / sizeof(size_t), &op->n_written);
}

static struct err *append_shared(struct write_op *op, struct written_file *f)
{
    return written_file_appendv(f, op->iov, op->n_iov, op->per_unit, &op->n_written);
}

static struct err *open_file(struct write_op *op, struct written_file *f)
{
    char *path = op->path;
    op->path = NULL;
    return written_file_open(f, path, op->mode, op->rotate_bytes);
}

static struct err *call(const struct write_op *op, struct written_file *f)
{
    struct err *closing = written_file_close(f), *e = op->call(op->release_arg);
    if (!e)
        return closing;
    err_free(closing);
    return e;
}

static struct err *perform(struct write_op *op, struct written_file *f)
{
    switch (op->kind) {
    case WRITE_OPEN: return open_file(op, f);
    case WRITE_UNITS: return append_units(op, f);
    case WRITE_SHARED: return append_shared(op, f);
    case WRITE_SYNC: return written_file_sync(f);
    case WRITE_RENAME: return written_file_rename(f, op->path, op->to, op->is_spoiled);
    case WRITE_PUT: return put(op, f);
    case WRITE_REMOVE: return path_remove(op->path);
    case WRITE_REMOVE_FOLDER: return path_remove_folder(op->path);
    case WRITE_CALL: return call(op, f);
    case WRITE_BATCH_END: return NULL;
    case WRITE_CLOSE: return written_file_close(f);
    }
    return NULL;
}

void write_op_perform(struct write_op *op, struct written_file *f)
{
    op->e = perform(op, f);
}

/* ---- what came of it ------------------------------------------------------------------------------------------- */

bool write_op_lost_file(const struct write_op *op)
{
    return op->e && (op->kind == WRITE_RENAME || op->kind == WRITE_PUT || op->kind == WRITE_CALL);
}

size_t write_op_units_lost(const struct write_op *op)
{
    if (op->kind == WRITE_SHARED)
        return (size_t)(op->n_iov / op->per_unit) - op->n_written;
    return op->kind == WRITE_UNITS ? op->ends.len / sizeof(size_t) - op->n_written : 0;
}

size_t write_op_bytes_lost(const struct write_op *op)
{
    size_t end = 0;
    if (!write_op_units_lost(op))
        return 0;
    int first = (int)op->n_written * op->per_unit;
    if (op->kind == WRITE_SHARED)
        return iov_sum(op->iov + first, op->n_iov - first);
    if (op->n_written)
        memcpy(&end, op->ends.bytes + (op->n_written - 1) * sizeof end, sizeof end);
    return op->bytes.len - end;
}

/* ---- freeing --------------------------------------------------------------------------------------------------- */

void write_op_empty(struct write_op *op)
{
    buf_finish(&op->bytes);
    buf_finish(&op->ends);
    mem_free(op->iov);
    op->iov = NULL;
    op->n_iov = 0;
    if (op->release)
        op->release(op->release_arg);
    op->release = NULL;
}

void write_op_destroy(struct write_op *op)
{
    list_remove(&op->link);
    list_remove(&op->path_mark.link);
    list_remove(&op->to_mark.link);
    write_op_empty(op);
    err_free(op->e);
    mem_free(op->path);
    mem_free(op->to);
    mem_free(op);
}
