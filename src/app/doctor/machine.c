#include "app/doctor/machine.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/offload.h"

/* A disk that works answers within milliseconds. This is for all folders of a visit together. */
enum { PATIENCE_US = 2 * US_PER_SECOND };

/* Looks at folders that may be under way at a time. A disk that hangs keeps one for each of its folders, and the thread of it. */
enum { LOOKS_MAX = 8 };

enum { PATH_CAP = 1024 };

/* One folder, or, without a path, the descriptors. A job has its own copy of the path, for it may outlive its caller. */
struct look {
    struct offload_job  job;
    char                path[PATH_CAP]; /* shortened while a folder that exists is searched */
    char                asked[PATH_CAP];
    int64_t             deadline_us; /* of the visitor that began it: later, the disk counts as hung */
    struct facts_folder found;
    int64_t             n_fds;
};

static struct look *under_way[LOOKS_MAX]; /* at folders */

static struct look **place_of(const struct look *l)
{
    for (size_t i = 0; i < LOOKS_MAX; i++)
        if (under_way[i] == l)
            return &under_way[i];
    return NULL;
}

static void end(struct look *l)
{
    struct look **place = place_of(l);
    if (place)
        *place = NULL;
    mem_free(l);
}

static void drop(struct offload_job *job)
{
    end(CONTAINER_OF(job, struct look, job));
}

/* True if an earlier look at the folder has not come back. */
static bool is_hung(const char *path)
{
    for (size_t i = 0; i < LOOKS_MAX; i++)
        if (under_way[i] && str_equal(under_way[i]->asked, path) && now_us() >= under_way[i]->deadline_us)
            return true;
    return false;
}

/* Cut the last step of a path. False: nothing is left. */
static bool go_up(char *path)
{
    char *slash = strrchr(path, '/');
    if (!slash || slash == path)
        return false;
    *slash = '\0';
    return true;
}

/* The folder, or the nearest above it that exists: the server makes those that are missing. */
static void look_at_folder(struct offload_job *job)
{
    struct look         *l = CONTAINER_OF(job, struct look, job);
    struct facts_folder *f = &l->found;
    struct statvfs       disk;
    while (statvfs(l->path, &disk) < 0) {
        if (errno != ENOENT || !go_up(l->path)) {
            f->error = errno == ENOENT ? 0 : errno;
            return;
        }
    }
    f->bytes = (int64_t)disk.f_blocks * (int64_t)disk.f_frsize;
    f->free_bytes = (int64_t)disk.f_bavail * (int64_t)disk.f_frsize;
    f->is_read_only = disk.f_flag & ST_RDONLY;
    f->is_closed = !f->is_read_only && access(l->path, W_OK | X_OK) < 0;
}

static void count_fds(struct offload_job *job)
{
    struct look *l = CONTAINER_OF(job, struct look, job);
    DIR         *dir = opendir("/proc/self/fd");
    if (!dir) {
        l->n_fds = errno == EMFILE ? INT64_MAX : 0; /* None is left for this one either. */
        return;
    }
    while (readdir(dir))
        l->n_fds++;
    closedir(dir);
    l->n_fds -= 3; /* ".", "..", and the folder itself */
}

/* Do a look. After an error the job belongs to the pool, which ends it. */
static struct err *look(struct look *l, enum offload_kind kind, int64_t deadline_us, bool *ended)
{
    struct err *e = offload(kind, &l->job, deadline_us);
    *ended = !e;
    return err_except(err_except(e, E_SOCKET_TIMEOUT), E_LIMIT);
}

/* A folder for which there is no time or place stays unknown. */
static struct err *read_folder(struct facts_folder *f, int64_t deadline_us)
{
    struct look **place = place_of(NULL);
    bool          ended = false;
    f->is_silent = is_hung(f->path);
    if (f->is_silent || !place || now_us() >= deadline_us)
        return NULL;
    struct look *l = mem_calloc(1, sizeof *l);
    if (!l)
        return err_no_memory();
    l->job = (struct offload_job){ .work = look_at_folder, .drop = drop };
    l->deadline_us = deadline_us;
    str_copy(l->path, sizeof l->path, f->path);
    str_copy(l->asked, sizeof l->asked, f->path);
    *place = l;
    struct err *e = look(l, OFFLOAD_READ, deadline_us, &ended);
    f->is_silent = !ended;
    if (ended) {
        l->found.path = f->path;
        l->found.what = f->what;
        *f = l->found;
        end(l);
    }
    return e;
}

static struct err *read_fds(struct machine_reading *out, int64_t deadline_us)
{
    struct rlimit limit;
    struct look  *l = mem_calloc(1, sizeof *l);
    bool          ended = false;
    if (!l)
        return err_no_memory();
    l->job = (struct offload_job){ .work = count_fds, .drop = drop };
    struct err *e = look(l, OFFLOAD_STAT, deadline_us, &ended);
    if (ended) {
        out->n_fds = l->n_fds;
        end(l);
    }
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < INT64_MAX)
        out->max_fds = (int64_t)limit.rlim_cur;
    if (out->n_fds > out->max_fds)
        out->n_fds = out->max_fds;
    return e;
}

static void add(struct machine_reading *out, const char *path, const char *what)
{
    for (size_t i = 0; i < out->n_folders; i++)
        if (str_equal(out->folders[i].path, path))
            return;
    if (*path && out->n_folders < MACHINE_FOLDERS_MAX)
        out->folders[out->n_folders++] = (struct facts_folder){ .path = path, .what = what };
}

static void add_folders(struct machine_reading *out, const struct conf *conf)
{
    for (size_t i = 0; i < conf->n_vhosts && out->n_folders < MACHINE_FOLDERS_MAX; i++) {
        const struct conf_vhost *v = &conf->vhosts[i];
        if (v->hls.enabled && v->hls.storage != CONF_HLS_MEMORY)
            add(out, v->hls.path, "HLS");
        if (v->dash.enabled)
            add(out, v->dash.path, "DASH");
        if (v->hds.enabled)
            add(out, v->hds.path, "HDS");
        if (v->dvr.enabled)
            add(out, v->dvr.path, "DVR"); /* a template: what is looked at is the folder above its variables */
    }
}

struct err *machine_read(const struct conf *conf, struct machine_reading *out)
{
    *out = (struct machine_reading){ 0 };
    add_folders(out, conf);
    int64_t     deadline_us = now_us() + PATIENCE_US;
    struct err *e = read_fds(out, deadline_us);
    for (size_t i = 0; !e && i < out->n_folders; i++)
        e = read_folder(&out->folders[i], deadline_us);
    return e;
}
