#include "app/hooks/journal_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/file.h>
#include <unistd.h>

#include "core/mem.h"
#include "core/str.h"
#include "protocol/offload.h"
#include "protocol/path_ops.h"

struct locking {
    struct offload_job job;
    int                fd;
    struct err        *e;
    char               path[PATH_MAX];
};

static void lock_on_thread(struct offload_job *job)
{
    struct locking *l = CONTAINER_OF(job, struct locking, job);
    if ((l->e = path_make_folders(l->path)))
        return;
    if ((l->fd = open(l->path, O_RDWR | O_CREAT | O_CLOEXEC, 0644)) < 0)
        l->e = err_sys(E_SYSTEM_FILE_OPEN, "open %s", l->path);
    else if (flock(l->fd, LOCK_EX | LOCK_NB) != 0)
        l->e = err_sys(E_LIMIT, "another server has %s", l->path);
}

static void drop(struct offload_job *job)
{
    struct locking *l = CONTAINER_OF(job, struct locking, job);
    err_free(l->e);
    hook_journal_lock_release(&l->fd);
    mem_free(l);
}

struct err *hook_journal_lock_take(int *fd, const char *folder, int64_t deadline_us)
{
    struct locking *l = mem_calloc(1, sizeof *l);
    *fd = -1;
    if (!l)
        return err_no_memory();
    l->job = (struct offload_job){ .work = lock_on_thread, .drop = drop };
    l->fd = -1;
    struct str path = str_over(l->path, sizeof l->path);
    str_printf(&path, "%s/lock", folder);
    struct err *e = offload(OFFLOAD_READ, &l->job, deadline_us);
    if (e)
        return e; /* the job belongs to the pool */
    e = l->e;
    if (!e)
        *fd = l->fd;
    else
        hook_journal_lock_release(&l->fd);
    mem_free(l);
    return e;
}

void hook_journal_lock_release(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}
