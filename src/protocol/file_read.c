#include "protocol/file_read.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/mem.h"
#include "core/str.h"
#include "protocol/offload.h"

struct reading {
    struct offload_job job;
    struct buf         bytes; /* the contents, or the names */
    struct err        *e;
    char              *prefix; /* of the names */
    char               path[];
};

/* ---- on a thread ----------------------------------------------------------------------------------------------- */

static struct err *cannot_open(const char *path)
{
    return err_sys(errno == ENOENT || errno == ENOTDIR ? E_SYSTEM_FILE_NOT_EXISTS : E_SYSTEM_FILE_OPEN, "open %s",
                   path);
}

static struct err *read_all(struct reading *r, int fd)
{
    struct stat st;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return err_new(E_SYSTEM_FILE_OPEN, "%s is no regular file", r->path);
    if (buf_read_all(&r->bytes, fd))
        return NULL;
    return r->bytes.fault ? err_wrap(buf_error(&r->bytes), "read %s", r->path)
                          : err_sys(E_SYSTEM_FILE_READ, "read %s", r->path);
}

static void work_read(struct offload_job *job)
{
    struct reading *r = CONTAINER_OF(job, struct reading, job);
    int             fd = open(r->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0) {
        r->e = cannot_open(r->path);
        return;
    }
    r->e = read_all(r, fd);
    close(fd);
}

/* Some file systems do not tell the type of an entry. */
static bool is_file(DIR *folder, const struct dirent *entry)
{
    struct stat st;
    if (entry->d_type != DT_UNKNOWN)
        return entry->d_type == DT_REG;
    return fstatat(dirfd(folder), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode);
}

static struct err *read_names(struct reading *r, DIR *folder)
{
    struct dirent *entry;
    do {
        errno = 0; /* only readdir() may set it */
        entry = readdir(folder);
        if (entry && str_starts_with(entry->d_name, r->prefix) && is_file(folder, entry))
            buf_append(&r->bytes, entry->d_name, strlen(entry->d_name) + 1);
    } while (entry && !r->bytes.fault);
    if (r->bytes.fault)
        return err_wrap(buf_error(&r->bytes), "list %s", r->path);
    return errno == 0 ? NULL : err_sys(E_SYSTEM_FILE_READ, "list %s", r->path);
}

static void work_names(struct offload_job *job)
{
    struct reading *r = CONTAINER_OF(job, struct reading, job);
    DIR            *folder = opendir(r->path);
    if (!folder) {
        r->e = cannot_open(r->path);
        return;
    }
    r->e = read_names(r, folder);
    closedir(folder);
}

/* ---- on the loop ----------------------------------------------------------------------------------------------- */

static void drop(struct offload_job *job)
{
    struct reading *r = CONTAINER_OF(job, struct reading, job);
    buf_finish(&r->bytes);
    err_free(r->e);
    mem_free(r->prefix);
    mem_free(r);
}

static struct reading *make(void (*work)(struct offload_job *), const char *path, const char *prefix, size_t bytes_max)
{
    size_t          len = strlen(path);
    struct reading *r = mem_calloc(1, sizeof *r + len + 1);
    if (!r)
        return NULL;
    r->job = (struct offload_job){ .work = work, .drop = drop };
    r->bytes = buf_up_to(bytes_max);
    memcpy(r->path, path, len);
    r->prefix = mem_strdup(prefix);
    if (r->prefix)
        return r;
    drop(&r->job);
    return NULL;
}

static struct err *perform(struct reading *r, struct buf *bytes, int64_t deadline_us)
{
    *bytes = buf_up_to(0);
    if (!r)
        return err_no_memory();
    struct err *e = offload(OFFLOAD_READ, &r->job, deadline_us);
    if (e)
        return err_wrap(e, "read a file");
    e = r->e;
    r->e = NULL;
    if (!e) {
        *bytes = r->bytes;
        r->bytes = buf_up_to(0);
    }
    drop(&r->job);
    return e;
}

struct err *file_read(const char *path, size_t bytes_max, struct buf *bytes, int64_t deadline_us)
{
    return perform(make(work_read, path, "", bytes_max), bytes, deadline_us);
}

struct err *file_names(const char *folder, const char *prefix, size_t bytes_max, struct buf *names, int64_t deadline_us)
{
    return perform(make(work_names, folder, prefix, bytes_max), names, deadline_us);
}

const char *file_names_next(const struct buf *names, const char *name)
{
    const char *next = name ? name + strlen(name) + 1 : names->bytes;
    return next && next < names->bytes + names->len ? next : NULL;
}
