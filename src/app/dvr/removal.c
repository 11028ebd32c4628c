#include "app/dvr/removal.h"

#include <string.h>
#include <unistd.h>

#include "app/dvr/catalogue.h"
#include "app/dvr/names.h"
#include "core/clock.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/offload.h"

enum { PATIENCE_US = 10 * US_PER_SECOND };

struct removal {
    struct offload_job    job;
    struct dvr_recording *recording;
    char                 *path;
    char                 *root; /* folder that stays, with its slash; NULL: all folders stay */
    enum dvr_removed_by   by;
    enum note_removal     result;
};

/* ---- on a thread ------------------------------------------------------------------------------------------------- */

/* Remove the folders above a file that are empty. The first one that is not ends it. */
static void remove_folders(char *path, const char *root)
{
    size_t least = strlen(root);
    for (char *slash; (slash = strrchr(path, '/')) && (size_t)(slash - path) >= least;) {
        *slash = '\0';
        if (rmdir(path) != 0)
            return;
    }
}

static void work(struct offload_job *job)
{
    struct removal *m = CONTAINER_OF(job, struct removal, job);
    m->result = note_remove_file(m->path, m->recording->id);
    if (m->result == NOTE_REMOVED && m->root && str_starts_with(m->path, m->root))
        remove_folders(m->path, m->root);
}

/* ---- on the loop ------------------------------------------------------------------------------------------------- */

static void drop(struct offload_job *job)
{
    struct removal *m = CONTAINER_OF(job, struct removal, job);
    m->recording->is_due = false;
    if (!job->refused && m->result != NOTE_FAILED)
        catalogue_remove(m->recording);
    if (m->result == NOTE_REMOVED)
        dvr_count_removed(m->by, m->recording->bytes);
    dvr_recording_unref(&m->recording);
    mem_free(m->path);
    mem_free(m->root);
    mem_free(m);
}

/* The folders before the first variable of `dvr_path` stay. */
static char *root_of(const struct conf *conf, const char *vhost)
{
    char                    *folder = NULL, *text = NULL;
    const struct conf_vhost *v = conf_find_vhost(conf, vhost);
    if (v)
        err_free(dvr_name_split(&folder, &text, v->dvr.path));
    mem_free(text);
    return folder;
}

struct err *dvr_remove(struct dvr_recording *r, const struct conf *conf, enum dvr_removed_by by,
                       enum note_removal *result)
{
    *result = NOTE_FAILED;
    if (r->state != DVR_COMPLETE || r->is_due)
        return NULL;
    struct removal *m = mem_calloc(1, sizeof *m);
    if (!m)
        return err_no_memory();
    *m = (struct removal){ .job = { .work = work, .drop = drop },
                           .recording = dvr_recording_ref(r),
                           .path = mem_strdup(r->path),
                           .root = root_of(conf, r->vhost),
                           .by = by,
                           .result = NOTE_FAILED };
    struct err *e = m->path ? NULL : err_no_memory();
    r->is_due = true;
    if (e) {
        drop(&m->job);
        return e;
    }
    if ((e = offload(OFFLOAD_READ, &m->job, now_us() + PATIENCE_US)))
        return e;
    *result = m->result;
    drop(&m->job);
    return NULL;
}
