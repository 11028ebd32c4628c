#include "app/dvr/file_name.h"

#include "app/dvr/catalogue.h"
#include "app/dvr/names.h"
#include "app/dvr/open_files.h"
#include "core/mem.h"
#include "core/str.h"

/* The complete recording in which the next one of its stream goes on; NULL: there is none. */
static struct dvr_recording *find_newest(const struct dvr_subject *s)
{
    struct dvr_recording *r = NULL;
    if (s->vhost->dvr.plan == CONF_DVR_APPEND)
        r = catalogue_newest(s->vhost->name, s->app, s->stream, NULL);
    return r && r->state == DVR_COMPLETE && !r->is_due ? r : NULL;
}

/* If that has the path with a number behind it, because the path was taken, it is the path. */
static struct err *follow_number(char **path, const struct dvr_subject *s)
{
    const struct dvr_recording *newest = dvr_format_of(*path)->appends ? find_newest(s) : NULL;
    struct err                 *e = NULL;
    for (int n = 1; newest && !e && n < OPEN_FILES_NAMES_MAX; n++) {
        char *numbered;
        e = dvr_name_numbered(&numbered, *path, -1, n);
        if (!e && str_equal(numbered, newest->path)) {
            mem_free(*path);
            *path = numbered;
            break;
        }
        mem_free(numbered);
    }
    return e;
}

struct err *file_name_give(struct dvr_file *f, const struct dvr_subject *s, int64_t wall_us)
{
    const struct template_names names = { .vhost = f->vhost->name, .app = s->app, .stream = s->stream };
    char                       *path = NULL;
    struct err                 *e = dvr_name_make(&path, f->vhost->dvr.path, &names, wall_us, f->conf->utc_time);
    if (!e)
        e = follow_number(&path, s);
    if (!e)
        e = open_files_take_name(f, path);
    mem_free(path);
    if (!e)
        f->format = dvr_format_of(f->path);
    return e;
}

struct dvr_recording *file_name_find_resumable(const struct dvr_file *f, const struct dvr_subject *s)
{
    struct dvr_recording *r = f->format->appends ? find_newest(s) : NULL;
    return r && str_equal(r->path, f->path) ? r : NULL;
}
