#include "app/dvr/rescue.h"

#include <dirent.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>

#include "app/dvr/complete.h"
#include "app/dvr/names.h"
#include "app/segment/file_path.h"
#include "app/server/server.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/co.h"
#include "protocol/offload.h"

/* Bounds of a look: folders inside each other, names, and files that the log tells. */
enum { DEPTH_MAX = 16, NAMES_MAX = 1000000, TOLD_BYTES_MAX = 64 << 10 };

static struct {
    pthread_mutex_t lock;     /* held while a file is completed: the look and a recorder may want the same one */
    int64_t         began_us; /* wall clock at the start */
} state = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* ---- on a thread ------------------------------------------------------------------------------------------------- */

static bool is_left(const char *temporary)
{
    struct stat st;
    return lstat(temporary, &st) == 0 && S_ISREG(st.st_mode) &&
           (int64_t)st.st_mtim.tv_sec * US_PER_SECOND + st.st_mtim.tv_nsec / 1000 <= state.began_us;
}

/* Returns the new name, or NULL. */
static char *complete(const struct dvr_format *format, const char *temporary, const char *path)
{
    struct dvr_facts facts = { 0 };
    char            *final = NULL;
    pthread_mutex_lock(&state.lock);
    if (is_left(temporary))
        err_free(dvr_complete(format, temporary, path, &final, &facts));
    pthread_mutex_unlock(&state.lock);
    return final;
}

void dvr_rescue_file(const struct dvr_format *format, const char *temporary, const char *path)
{
    mem_free(complete(format, temporary, path));
}

/* One look for files that were left. */
struct look {
    struct offload_job job;
    struct conf       *conf;
    char              *folder, *template; /* of the vhost that is looked at */
    size_t             n_names;
    char               path[FILE_PATH_CAP], whole[FILE_PATH_CAP]; /* of the file that is looked at */
    struct buf         told;                                      /* lines: the names of files that were completed */
};

static bool is_ours(struct look *l, const char *path)
{
    static const struct template_names any;
    return dvr_format_of(path) && file_path_make(l->whole, path, "") &&
           file_path_is_made_by(l->whole, l->folder, l->template, &any);
}

static void look_at_file(struct look *l, const char *temporary)
{
    if (!str_ends_with(temporary, DVR_TEMPORARY) || !str_copy(l->path, sizeof l->path, temporary))
        return;
    l->path[strlen(temporary) - (sizeof DVR_TEMPORARY - 1)] = '\0';
    char *final = is_ours(l, l->path) ? complete(dvr_format_of(l->path), temporary, l->path) : NULL;
    if (final)
        buf_printf(&l->told, "%s\n", final);
    mem_free(final);
}

static void look_into(struct look *l, const char *folder, int depth)
{
    DIR           *dir = depth < DEPTH_MAX ? opendir(*folder ? folder : ".") : NULL;
    struct dirent *d;
    while (dir && l->n_names < NAMES_MAX && (d = readdir(dir))) {
        char       path[FILE_PATH_CAP];
        struct str name = str_over(path, sizeof path);
        if (d->d_name[0] == '.')
            continue;
        l->n_names++;
        str_printf(&name, "%s%s%s", folder, *folder && !str_ends_with(folder, "/") ? "/" : "", d->d_name);
        if (name.cut)
            continue;
        if (d->d_type == DT_DIR)
            look_into(l, path, depth + 1);
        else if (d->d_type == DT_REG || d->d_type == DT_UNKNOWN)
            look_at_file(l, path);
    }
    if (dir)
        closedir(dir);
}

static void work(struct offload_job *job)
{
    struct look *l = CONTAINER_OF(job, struct look, job);
    for (size_t i = 0; i < l->conf->n_vhosts; i++) {
        const struct conf_dvr *c = &l->conf->vhosts[i].dvr;
        struct err            *e = c->enabled ? dvr_name_split(&l->folder, &l->template, c->path) : NULL;
        if (c->enabled && !e)
            look_into(l, l->folder, 0);
        err_free(e);
        mem_free(l->folder);
        mem_free(l->template);
        l->folder = l->template = NULL;
    }
}

/* ---- the beginning ------------------------------------------------------------------------------------------------ */

static bool is_recorded(const struct conf *conf)
{
    size_t i = 0;
    while (i < conf->n_vhosts && !conf->vhosts[i].dvr.enabled)
        i++;
    return i < conf->n_vhosts;
}

struct err *dvr_rescue_begin(const struct conf *conf)
{
    /* The times of files have the steps of the kernel's tick, at most 10 ms. */
    enum { CLOCK_STEP_US = 20 * US_PER_MS };
    state.began_us = wall_now_us();
    return is_recorded(conf) ? co_sleep(CLOCK_STEP_US) : NULL;
}

/* ---- on the loop -------------------------------------------------------------------------------------------------- */

static void drop(struct offload_job *job)
{
    struct look *l = CONTAINER_OF(job, struct look, job);
    conf_unref(&l->conf);
    buf_finish(&l->told);
    mem_free(l);
}

static void tell(struct look *l)
{
    char *at = l->told.bytes, *end;
    for (; at && (end = strchr(at, '\n')); at = end + 1) {
        *end = '\0';
        log_info("DVR: %s was left by a run of the server that was killed, and is complete now", at);
    }
}

void dvr_rescue_run(void *arg)
{
    const struct server *server = arg;
    struct look         *l = mem_calloc(1, sizeof *l);
    if (!l)
        return;
    l->job = (struct offload_job){ .work = work, .drop = drop };
    l->conf = conf_ref(server->conf);
    l->told = buf_up_to(TOLD_BYTES_MAX);
    struct err *e = offload(OFFLOAD_READ, &l->job, DEADLINE_NEVER);
    if (e) {
        log_err(LOG_WARN, err_except(e, E_THREAD_INTERRUPTED), "DVR: files of an earlier run are not looked for");
        return;
    }
    tell(l);
    drop(&l->job);
}
