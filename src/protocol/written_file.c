#include "protocol/written_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/iov.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/path_ops.h"

enum { FILE_MODE = 0644 };

/* ---- open and close -------------------------------------------------------------------------------------------- */

/* Open without blocking: a pipe without a reader is an error, and is not waited for. */
static int open_path(const char *path, enum written_file_mode mode)
{
    int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
    return open(path, mode == WRITTEN_FILE_APPEND ? flags : flags | O_TRUNC, FILE_MODE);
}

static bool is_regular(int fd, struct stat *st)
{
    return fstat(fd, st) == 0 && S_ISREG(st->st_mode);
}

static struct err *open_now(struct written_file *f)
{
    struct stat st = { 0 };
    struct err *e = NULL;
    f->fd = open_path(f->path, f->mode);
    if (f->fd < 0 && errno == ENOENT) {
        if ((e = path_make_folders(f->path)))
            return e;
        f->fd = open_path(f->path, f->mode);
    }
    if (f->fd < 0)
        return err_sys(E_SYSTEM_FILE_OPEN, "open %s", f->path);
    f->mode = WRITTEN_FILE_APPEND; /* Another attempt must not empty the file. */
    f->is_regular = is_regular(f->fd, &st);
    f->len = f->is_regular ? st.st_size : 0;
    f->device = st.st_dev;
    return NULL;
}

static struct err *close_now(struct written_file *f)
{
    int fd = f->fd;
    f->fd = -1;
    return fd < 0 || close(fd) == 0 ? NULL : err_sys(E_SYSTEM_FILE_CLOSE, "close %s", f->path);
}

/* A file that is worth nothing in part: remove what is there of it. */
static void spoil(struct written_file *f)
{
    f->is_spoiled = true;
    err_free(close_now(f));
    err_free(path_remove(f->path));
}

struct err *written_file_close(struct written_file *f)
{
    struct err *e = NULL;
    if (f->is_whole && !f->is_spoiled)
        spoil(f);
    else
        e = close_now(f);
    mem_free(f->path);
    *f = (struct written_file){ .fd = -1, .device = f->device };
    return e;
}

struct err *written_file_open(struct written_file *f, char *path, enum written_file_mode mode, int64_t rotate_bytes)
{
    struct err *e = written_file_close(f);
    f->path = path;
    f->mode = mode;
    f->rotate_bytes = rotate_bytes;
    f->is_whole = mode == WRITTEN_FILE_WHOLE;
    struct err *why_not = open_now(f);
    if (!why_not)
        return e;
    err_free(e);
    return why_not;
}

/* Give a file that is to be whole its name, or remove it. It is closed in either case. */
static struct err *finish(struct written_file *f, const char *to, bool is_spoiled)
{
    struct err *e = NULL;
    if (f->fd < 0 || f->is_spoiled || is_spoiled)
        e = err_new(E_SYSTEM_FILE_WRITE, "a part of %s is lost, so it was removed", f->path);
    else if (!(e = close_now(f)))
        e = path_rename(f->path, to);
    f->is_spoiled = !e; /* What was renamed must not be removed. */
    err_free(written_file_close(f));
    return e;
}

struct err *written_file_rename(struct written_file *f, const char *from, const char *to, bool is_spoiled)
{
    if (f->is_whole && strcmp(f->path, from) == 0)
        return finish(f, to, is_spoiled);
    return path_rename(from, to);
}

/* ---- units ----------------------------------------------------------------------------------------------------- */

/* Remove the part of a unit that was written. The length is read from the file: another program may have cut it. */
static void cut_back(struct written_file *f, size_t n_bytes)
{
    struct stat st;
    if (!n_bytes || !is_regular(f->fd, &st) || st.st_size < (int64_t)n_bytes)
        return;
    if (ftruncate(f->fd, st.st_size - (int64_t)n_bytes) == 0)
        f->len = st.st_size - (int64_t)n_bytes;
}

/* Append units i to j - 1 without rotation. */
static struct err *append_run(struct written_file *f, const char *bytes, const size_t *ends, size_t i, size_t j,
                              size_t *n_written)
{
    size_t from = i ? ends[i - 1] : 0, len = ends[j - 1] - from;
    size_t done = path_write_all(f->fd, &(struct iovec){ (char *)bytes + from, len }, 1);
    f->len += (int64_t)done;
    if (done == len) {
        *n_written = j;
        return NULL;
    }
    struct err *e = err_sys(E_SYSTEM_FILE_WRITE, "write %s", f->path);
    size_t      whole = 0;
    for (*n_written = i; ends[*n_written] - from <= done; ++*n_written)
        whole = ends[*n_written] - from;
    cut_back(f, done - whole);
    return e;
}

/* Rename the file to PATH.1. If that fails, the file is overwritten: the bound is more important. */
static struct err *rotate(struct written_file *f)
{
    char        older[PATH_MAX];
    struct str  name = str_over(older, sizeof older);
    struct err *e = close_now(f);
    err_free(e); /* It is about bytes that were written before this call. */
    str_printf(&name, "%s.1", f->path);
    f->mode = WRITTEN_FILE_FRESH;
    if (!name.cut && rename(f->path, older) != 0)
        f->len = 0;
    return open_now(f);
}

/* The end of the units from `i` on that fit into the file; at least one unit is taken. */
static size_t run_end(const struct written_file *f, const size_t *ends, size_t n_units, size_t i)
{
    size_t from = i ? ends[i - 1] : 0, j = i + 1;
    if (!f->rotate_bytes)
        return n_units;
    while (j < n_units && f->len + (int64_t)(ends[j] - from) <= f->rotate_bytes)
        j++;
    return j;
}

static bool must_rotate(const struct written_file *f, size_t unit_len)
{
    return f->rotate_bytes && f->is_regular && f->len > 0 && f->len + (int64_t)unit_len > f->rotate_bytes;
}

/* Make the file ready for a unit. */
static struct err *prepare(struct written_file *f, size_t unit_len)
{
    struct err *e = NULL;
    if (!f->path)
        return err_new(E_SYSTEM_FILE_NOT_OPEN, "no file is open");
    if (f->is_spoiled)
        return err_new(E_SYSTEM_FILE_WRITE, "a part of %s is lost already", f->path);
    if (f->fd < 0)
        e = open_now(f);
    if (!e && must_rotate(f, unit_len))
        e = rotate(f);
    return e;
}

static struct err *units_lost(struct written_file *f, struct err *e)
{
    if (e && f->is_whole && !f->is_spoiled)
        spoil(f);
    return e;
}

struct err *written_file_append(struct written_file *f, const char *bytes, const size_t *ends, size_t n_units,
                                size_t *n_written)
{
    struct err *e = NULL;
    *n_written = 0;
    while (*n_written < n_units && !e) {
        size_t i = *n_written;
        if (!(e = prepare(f, ends[i] - (i ? ends[i - 1] : 0))))
            e = append_run(f, bytes, ends, i, run_end(f, ends, n_units, i), n_written);
    }
    return units_lost(f, e);
}

/* The number of units that lie in the first `done` bytes; *whole is where they end. */
static size_t units_in(const struct iovec *iov, int n_iov, int per_unit, size_t done, size_t *whole)
{
    size_t n = 0;
    *whole = 0;
    for (int i = 0; i < n_iov; i += per_unit, n++) {
        size_t end = *whole + iov_sum(iov + i, per_unit);
        if (end > done)
            break;
        *whole = end;
    }
    return n;
}

struct err *written_file_appendv(struct written_file *f, const struct iovec *iov, int n_iov, int per_unit,
                                 size_t *n_written)
{
    size_t      len = iov_sum(iov, n_iov), done = 0, whole;
    struct err *e = prepare(f, len);
    *n_written = 0;
    if (e)
        return units_lost(f, e);
    if ((done = path_write_all(f->fd, iov, n_iov)) < len)
        e = err_sys(E_SYSTEM_FILE_WRITE, "write %s", f->path);
    f->len += (int64_t)done;
    *n_written = units_in(iov, n_iov, per_unit, done, &whole);
    cut_back(f, done - whole);
    return units_lost(f, e);
}

struct err *written_file_sync(struct written_file *f)
{
    struct stat st;
    if (f->fd < 0 || !is_regular(f->fd, &st) || fdatasync(f->fd) == 0)
        return NULL;
    return err_sys(E_SYSTEM_FILE_WRITE, "sync %s", f->path);
}
