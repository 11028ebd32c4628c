#include "app/vod/film.h"

#include <errno.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "app/vod/film_format.h"
#include "app/vod/read_at.h"
#include "core/clock.h"
#include "core/mem.h"
#include "kernel/flv.h"
#include "protocol/offload.h"
#include "protocol/open_beneath.h"

enum { DISK_US = 60 * US_PER_SECOND }; /* longest wait for the disk */

struct vod_film {
    struct offload_job        job; /* While it runs, the thread has the film. */
    struct err               *e;   /* what the job ended with */
    struct stat               st;
    struct film_place         place;
    const struct film_format *reads;
    enum vod_format           format;
    size_t                    len; /* bytes that were read */
    const char               *root, *path;
    char                      names[];
};

static void drop(struct offload_job *job)
{
    struct vod_film *f = CONTAINER_OF(job, struct vod_film, job);
    if (f->place.fd >= 0)
        close(f->place.fd);
    vod_part_unref(&f->place.part);
    mem_free(f->place.buf);
    err_free(f->e);
    mem_free(f);
}

void vod_film_close(struct vod_film **fp)
{
    if (*fp)
        drop(&(*fp)->job);
    *fp = NULL;
}

/* Do one thing on a thread. After an error the film is gone. */
static struct err *perform(struct vod_film **fp, void (*work)(struct offload_job *job))
{
    struct vod_film *f = *fp;
    f->job = (struct offload_job){ .work = work, .drop = drop };
    *fp = NULL;
    struct err *e = offload(OFFLOAD_DISK, &f->job, now_us() + DISK_US);
    if (e)
        return e;
    e = f->e;
    f->e = NULL;
    if (e)
        drop(&f->job);
    else
        *fp = f;
    return e;
}

struct err *film_make_room(struct film_place *p, size_t len)
{
    enum { TAG_ROOM = VOD_FILM_TAG_MAX + FLV_TAG_HEADER_LEN + FLV_TAG_TRAILER_LEN };
    if (len <= p->cap)
        return NULL;
    if (len > TAG_ROOM)
        return err_new(E_LIMIT, "a tag of %zu bytes", len);
    uint8_t *more = mem_realloc(p->buf, len);
    if (!more)
        return err_no_memory();
    p->buf = more;
    p->cap = len;
    return NULL;
}

struct err *film_read_at(const struct film_place *p, int64_t at, void *bytes, size_t len)
{
    size_t      n;
    struct err *e = vod_read_at(p->fd, at, bytes, len, &n);
    if (!e && n < len)
        e = err_new(E_SYSTEM_FILE_EOF, "the file ends at byte %lld", (long long)(at + (int64_t)n));
    return e;
}

/* ---- opening ----------------------------------------------------------------------------------------------------- */

static void open_work(struct offload_job *job)
{
    struct vod_film *f = CONTAINER_OF(job, struct vod_film, job);
    f->place.fd = open_beneath(f->root, f->path, &f->st);
    if (f->place.fd < 0)
        f->e =
            err_sys(errno == EIO ? E_SYSTEM_FILE_READ : E_SYSTEM_FILE_NOT_EXISTS, "open %s below %s", f->path, f->root);
    else if (!S_ISREG(f->st.st_mode))
        f->e = err_new(E_SYSTEM_FILE_NOT_EXISTS, "%s below %s is no file", f->path, f->root);
}

static bool is_flv(const char *path)
{
    const char *dot = strrchr(path, '.');
    return dot && strcasecmp(dot, ".flv") == 0;
}

struct err *vod_film_open(struct vod_film **fp, const char *root, const char *path)
{
    size_t           root_len = strlen(root) + 1, path_len = strlen(path) + 1;
    struct vod_film *f = mem_calloc(1, sizeof *f + root_len + path_len);
    *fp = f;
    if (!f)
        return err_no_memory();
    memcpy(f->names, root, root_len);
    memcpy(f->names + root_len, path, path_len);
    f->root = f->names;
    f->path = f->names + root_len;
    f->place.fd = -1;
    f->format = is_flv(path) ? VOD_FLV : VOD_MP4;
    f->reads = f->format == VOD_FLV ? &film_flv : &film_mp4;
    return perform(fp, open_work);
}

/* ---- seeking and reading ----------------------------------------------------------------------------------------- */

struct err *vod_film_seek(struct vod_film **fp, int64_t us)
{
    struct vod_film      *f = *fp;
    const struct vod_wish wish = { .format = f->format, .start_us = us, .end_us = INT64_MAX };
    vod_part_unref(&f->place.part);
    struct err *e = vod_parts_get(&f->place.part, f->place.fd, &f->st, &wish);
    f->place.has_head = false;
    if (!e)
        e = f->reads->begin(&f->place);
    if (e)
        vod_film_close(fp);
    return e;
}

static void fill_work(struct offload_job *job)
{
    struct vod_film *f = CONTAINER_OF(job, struct vod_film, job);
    f->e = f->reads->fill(&f->place, &f->len);
}

struct err *vod_film_read(struct vod_film **fp, struct rd *tags)
{
    *tags = rd_over("", 0);
    struct err *e = film_make_room(&(*fp)->place, VOD_FILM_BATCH_BYTES);
    if (!e)
        e = perform(fp, fill_work);
    else
        vod_film_close(fp);
    if (!e)
        *tags = rd_over((*fp)->place.buf, (*fp)->len);
    return e;
}
