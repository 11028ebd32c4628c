#include "app/dvr/keep.h"

#include <string.h>
#include <sys/statvfs.h>

#include "app/dvr/catalogue.h"
#include "app/dvr/names.h"
#include "app/dvr/removal.h"
#include "app/server/server.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/mem.h"
#include "protocol/co.h"
#include "protocol/offload.h"

/* How often it is looked, and when a file that could not be removed is tried again. */
enum { LOOK_US = 2 * US_PER_SECOND, TRY_AGAIN_US = 60 * US_PER_SECOND };

enum { MIB = 1 << 20 };

/* How long the disk may take to tell its room, and how many may be asked that have not told it yet. */
enum { PATIENCE_US = 10 * US_PER_SECOND, LOOKS_MAX = 2 };

static int n_looks; /* asked, and not told yet */

/* ---- the room on a disk ---------------------------------------------------------------------------------------- */

struct look {
    struct offload_job job;
    char              *folder;
    int64_t            free_bytes; /* -1: not known */
};

static void work(struct offload_job *job)
{
    struct look   *l = CONTAINER_OF(job, struct look, job);
    struct statvfs disk;
    if (statvfs(*l->folder ? l->folder : ".", &disk) == 0)
        l->free_bytes = (int64_t)(disk.f_bavail * disk.f_frsize);
}

static void drop(struct offload_job *job)
{
    struct look *l = CONTAINER_OF(job, struct look, job);
    n_looks--;
    mem_free(l->folder);
    mem_free(l);
}

/* The room on the disk of a `dvr_path`; -1: it is not known. Yields. */
static struct err *find_room(int64_t *bytes, const char *dvr_path)
{
    char        *text = NULL;
    struct look *l = n_looks < LOOKS_MAX ? mem_calloc(1, sizeof *l) : NULL;
    *bytes = -1;
    if (!l)
        return n_looks < LOOKS_MAX ? err_no_memory() : NULL;
    n_looks++;
    l->job = (struct offload_job){ .work = work, .drop = drop };
    l->free_bytes = -1;
    struct err *e = dvr_name_split(&l->folder, &text, dvr_path);
    mem_free(text);
    if (e) {
        drop(&l->job);
        return e;
    }
    if ((e = offload(OFFLOAD_READ, &l->job, now_us() + PATIENCE_US)))
        return e;
    *bytes = l->free_bytes;
    drop(&l->job);
    return NULL;
}

/* ---- what is not kept -------------------------------------------------------------------------------------------- */

struct bounds {
    int64_t age_us;  /* above which a recording is too old; 0: none is */
    int64_t excess;  /* bytes beyond what all may have together */
    int64_t missing; /* bytes of room that the disk lacks */
};

static int64_t bytes_of(const char *vhost)
{
    const struct catalogue_vhost *v = catalogue_of(vhost);
    int64_t                       bytes = 0;
    for (const struct list *it = v ? v->recordings.next : NULL; v && it != &v->recordings; it = it->next)
        bytes += LIST_ENTRY(it, struct dvr_recording, link)->bytes;
    return bytes;
}

static struct err *find_bounds(struct bounds *b, const struct conf_vhost *v)
{
    const struct conf_dvr *c = &v->dvr;
    int64_t                room = -1;
    struct err            *e = c->keep_free_mb > 0 ? find_room(&room, c->path) : NULL;
    *b = (struct bounds){ .age_us = c->keep_age_us };
    if (c->keep_size_mb > 0)
        b->excess = bytes_of(v->name) - c->keep_size_mb * MIB;
    if (!e && room >= 0)
        b->missing = c->keep_free_mb * MIB - room;
    return e;
}

static const char *const why_texts[] = {
    [DVR_BY_AGE] = "it is older than dvr_keep_age",
    [DVR_BY_SIZE] = "all together are larger than dvr_keep_size",
    [DVR_BY_ROOM] = "the disk has less room than dvr_keep_free",
};

/* True if a recording is not kept, and why. */
static bool is_not_kept(const struct bounds *b, const struct dvr_recording *r, enum dvr_removed_by *why)
{
    if (b->age_us > 0 && dvr_recording_age_us(r, now_us(), wall_now_us()) > b->age_us)
        *why = DVR_BY_AGE;
    else if (b->excess > 0)
        *why = DVR_BY_SIZE;
    else if (b->missing > 0)
        *why = DVR_BY_ROOM;
    else
        return false;
    return true;
}

/* The next one that is not kept, the oldest first. While one is being removed there is none: its disk may hang. */
static struct dvr_recording *next_of(const char *vhost, const struct bounds *b, enum dvr_removed_by *why)
{
    struct catalogue_vhost *v = catalogue_of(vhost);
    for (struct list *it = v ? v->recordings.next : NULL; v && it != &v->recordings; it = it->next) {
        struct dvr_recording *r = LIST_ENTRY(it, struct dvr_recording, link);
        if (r->is_due)
            return NULL;
        if (r->state == DVR_COMPLETE && r->retry_us <= now_us() && is_not_kept(b, r, why))
            return r;
    }
    return NULL;
}

/* Drops the reference. */
static struct err *remove_one(struct bounds *b, struct dvr_recording *r, const struct conf *conf,
                              enum dvr_removed_by why)
{
    enum note_removal result;
    struct err       *e = dvr_remove(r, conf, why, &result);
    r->retry_us = now_us() + TRY_AGAIN_US;
    if (!e && result == NOTE_REMOVED) {
        log_info("DVR of %s/%s: %s is removed: %s", r->app, r->stream, r->path, why_texts[why]);
        b->missing -= r->bytes;
    }
    if (!e && result == NOTE_NOT_OURS)
        log_warn("DVR of %s/%s: %s has changed since it was recorded, and stays", r->app, r->stream, r->path);
    if (!e && result != NOTE_FAILED)
        b->excess -= r->bytes;
    dvr_recording_unref(&r);
    return e;
}

/* Yields; the configuration and the vhost are held by the caller. */
static struct err *tidy(const struct conf *conf, const struct conf_vhost *v)
{
    struct bounds         b;
    struct err           *e = find_bounds(&b, v);
    struct dvr_recording *r;
    enum dvr_removed_by   why;
    while (!e && (r = next_of(v->name, &b, &why)))
        e = remove_one(&b, dvr_recording_ref(r), conf, why);
    return e;
}

static struct err *tidy_all(struct conf *conf)
{
    struct err *e = NULL;
    for (size_t i = 0; i < conf->n_vhosts && err_code(e) != E_THREAD_INTERRUPTED; i++) {
        const struct conf_dvr *c = &conf->vhosts[i].dvr;
        err_free(e); /* The next look will do. */
        e = c->keep_age_us > 0 || c->keep_size_mb > 0 || c->keep_free_mb > 0 ? tidy(conf, &conf->vhosts[i]) : NULL;
    }
    if (err_code(e) == E_THREAD_INTERRUPTED)
        return e;
    err_free(e);
    return NULL;
}

void dvr_keep_run(void *arg)
{
    const struct server *server = arg;
    struct err          *e;
    while (!(e = co_sleep(LOOK_US))) {
        struct conf *conf = conf_ref(server->conf);
        e = tidy_all(conf);
        conf_unref(&conf);
        if (e)
            break;
    }
    err_free(e);
}
