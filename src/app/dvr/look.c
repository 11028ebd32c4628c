#include "app/dvr/look.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "app/dvr/catalogue.h"
#include "app/dvr/complete.h"
#include "app/dvr/names.h"
#include "app/dvr/note.h"
#include "app/dvr/rescue.h"
#include "app/segment/file_path.h"
#include "app/server/server.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/co.h"
#include "protocol/offload.h"

/* Bounds of a look: folders inside each other, names, and files that the log tells. */
enum { DEPTH_MAX = 16, NAMES_MAX = 1000000, TOLD_BYTES_MAX = 64 << 10, FOUND_MAX = 200000 };

static bool is_over; /* the first look */

/* One look for files that were left. */
struct look {
    struct offload_job job;
    struct conf       *conf;
    char              *folder, *template; /* of the vhost that is looked at */
    size_t             n_names;
    char               path[FILE_PATH_CAP], whole[FILE_PATH_CAP]; /* of the file that is looked at */
    struct buf         told;                                      /* lines: the names of files that were completed */

    const char            *vhost; /* name of the vhost that is looked at */
    struct dvr_recording **found; /* with their notes */
    size_t                 n_found, cap_found;
};

static bool is_ours(struct look *l, const char *path)
{
    static const struct template_names any;
    return dvr_format_of(path) && file_path_make(l->whole, path, "") &&
           file_path_is_made_by(l->whole, l->folder, l->template, &any);
}

/* ---- on a thread ------------------------------------------------------------------------------------------------- */

/* Takes the recording over; NULL is none. */
static void note_found(struct look *l, struct dvr_recording *r)
{
    if (r && l->n_found == l->cap_found) {
        struct dvr_recording **larger = mem_grow(l->found, &l->cap_found, sizeof(struct dvr_recording *), FOUND_MAX);
        if (larger)
            l->found = larger;
    }
    if (r && l->n_found < l->cap_found && str_equal(r->vhost, l->vhost))
        l->found[l->n_found++] = r;
    else
        dvr_recording_unref(&r);
}

/* A file that has changed since is not the one that the note is about. */
static bool is_as_noted(const struct dvr_recording *r)
{
    struct stat st;
    return lstat(r->path, &st) == 0 && S_ISREG(st.st_mode) && st.st_size == r->bytes;
}

static void look_at_note(struct look *l, const char *folder, const char *name)
{
    char path[FILE_PATH_CAP];
    if (!note_subject(folder, name, path, sizeof path) || str_ends_with(path, DVR_TEMPORARY))
        return;
    struct dvr_recording *r = note_read(path);
    if (r && !is_as_noted(r))
        dvr_recording_unref(&r);
    note_found(l, r);
}

static void look_at_file(struct look *l, const char *temporary)
{
    if (!str_ends_with(temporary, DVR_TEMPORARY) || !str_copy(l->path, sizeof l->path, temporary))
        return;
    l->path[strlen(temporary) - (sizeof DVR_TEMPORARY - 1)] = '\0';
    if (!is_ours(l, l->path))
        return;
    struct dvr_rescued r = dvr_rescue_file(dvr_format_of(l->path), temporary, l->path);
    if (r.final)
        buf_printf(&l->told, "%s\n", r.final);
    mem_free(r.final);
    note_found(l, r.recording);
}

static void look_into(struct look *l, const char *folder, int depth)
{
    DIR           *dir = depth < DEPTH_MAX ? opendir(*folder ? folder : ".") : NULL;
    struct dirent *d;
    while (dir && l->n_names < NAMES_MAX && (d = readdir(dir))) {
        char       path[FILE_PATH_CAP];
        struct str name = str_over(path, sizeof path);
        l->n_names++;
        if (note_is_one(d->d_name))
            look_at_note(l, folder, d->d_name);
        if (d->d_name[0] == '.')
            continue;
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

static int by_time(const void *a, const void *b)
{
    const struct dvr_recording *x = *(struct dvr_recording *const *)a, *y = *(struct dvr_recording *const *)b;
    return x->begin_us < y->begin_us ? -1 : x->begin_us > y->begin_us;
}

static void work(struct offload_job *job)
{
    struct look *l = CONTAINER_OF(job, struct look, job);
    for (size_t i = 0; i < l->conf->n_vhosts; i++) {
        const struct conf_dvr *c = &l->conf->vhosts[i].dvr;
        struct err            *e = c->enabled ? dvr_name_split(&l->folder, &l->template, c->path) : NULL;
        l->vhost = l->conf->vhosts[i].name;
        if (c->enabled && !e)
            look_into(l, l->folder, 0);
        err_free(e);
        mem_free(l->folder);
        mem_free(l->template);
        l->folder = l->template = NULL;
    }
    if (l->n_found)
        qsort(l->found, l->n_found, sizeof *l->found, by_time);
}

/* ---- on the loop -------------------------------------------------------------------------------------------------- */

static void drop(struct offload_job *job)
{
    struct look *l = CONTAINER_OF(job, struct look, job);
    conf_unref(&l->conf);
    buf_finish(&l->told);
    for (size_t i = 0; i < l->n_found; i++)
        dvr_recording_unref(&l->found[i]);
    mem_free(l->found);
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

bool dvr_look_is_over(void)
{
    return is_over;
}

static struct err *look(struct conf *conf)
{
    struct look *l = mem_calloc(1, sizeof *l);
    if (!l)
        return err_no_memory();
    l->job = (struct offload_job){ .work = work, .drop = drop };
    l->conf = conf_ref(conf);
    l->told = buf_up_to(TOLD_BYTES_MAX);
    struct err *e = offload(OFFLOAD_READ, &l->job, DEADLINE_NEVER);
    if (e)
        return e;
    tell(l);
    for (size_t i = 0; i < l->n_found; i++) {
        dvr_recording_note_found(l->found[i], now_us(), wall_now_us());
        (void)catalogue_add(l->found[i]);
        co_give_way_by_time();
    }
    drop(&l->job);
    return NULL;
}

/* True if the vhost records below folders in which nobody has looked for it. */
static bool is_new(const struct conf_vhost *v, const struct conf *looked)
{
    for (size_t i = 0; i < looked->n_vhosts; i++) {
        const struct conf_vhost *old = &looked->vhosts[i];
        if (str_equal(old->name, v->name) && old->dvr.enabled && str_equal(old->dvr.path, v->dvr.path))
            return false;
    }
    return v->dvr.enabled;
}

static bool records_more(const struct conf *conf, const struct conf *looked)
{
    size_t i = 0;
    while (i < conf->n_vhosts && !is_new(&conf->vhosts[i], looked))
        i++;
    return i < conf->n_vhosts;
}

void dvr_look_run(void *arg)
{
    enum { RELOADED_US = US_PER_SECOND }; /* how often it is looked whether there was a reload */
    const struct server *server = arg;
    struct conf         *looked = conf_ref(server->conf);
    struct err          *e = look(looked);
    is_over = true;
    while (err_code(e) != E_THREAD_INTERRUPTED) {
        if (e)
            log_err(LOG_WARN, e, "DVR: files of an earlier run are not looked for");
        if ((e = co_sleep(RELOADED_US)) || looked == server->conf)
            continue;
        bool more = records_more(server->conf, looked);
        conf_unref(&looked);
        looked = conf_ref(server->conf);
        e = more ? look(looked) : NULL;
    }
    err_free(e);
    conf_unref(&looked);
}
