#include "app/vod/parts.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "app/vod/indexes.h"
#include "core/attr.h"
#include "core/clock.h"
#include "core/mem.h"
#include "protocol/offload.h"

enum { DISK_US = 60 * US_PER_SECOND }; /* longest wait for the disk */

void vod_part_unref(struct vod_part **pp)
{
    struct vod_part *p = *pp;
    *pp = NULL;
    if (!p || --p->refs > 0)
        return;
    mem_free(p->is.head);
    mem_free(p);
}

/* ---- parts that are kept ----------------------------------------------------------------------------------------- */

struct kept {
    struct stat      st; /* of which file: see vod_is_same_file() */
    struct vod_wish  wish;
    struct vod_part *part; /* NULL: an empty place */
    int64_t          used; /* a number that grows */
};

static struct kept kept[VOD_PARTS_MAX];
static size_t      kept_bytes;
static int64_t     uses;

static bool is_same_wish(const struct vod_wish *a, const struct vod_wish *b)
{
    return a->format == b->format && a->start_us == b->start_us && a->end_us == b->end_us;
}

static struct vod_part *find_kept(const struct stat *st, const struct vod_wish *wish)
{
    for (size_t i = 0; i < VOD_PARTS_MAX; i++) {
        struct kept *k = &kept[i];
        if (!k->part || !vod_is_same_file(&k->st, st) || !is_same_wish(&k->wish, wish))
            continue;
        k->used = ++uses;
        k->part->refs++;
        return k->part;
    }
    return NULL;
}

static void forget(struct kept *k)
{
    if (k->part)
        kept_bytes -= k->part->is.head_len;
    vod_part_unref(&k->part);
    *k = (struct kept){ 0 };
}

static struct kept *least_used(bool with_part)
{
    struct kept *least = NULL;
    for (size_t i = 0; i < VOD_PARTS_MAX; i++)
        if ((!with_part || kept[i].part) && (!least || kept[i].used < least->used))
            least = &kept[i];
    return least;
}

static void keep(const struct stat *st, const struct vod_wish *wish, struct vod_part *part)
{
    if (part->is.head_len > VOD_PARTS_BYTES_MAX / 2)
        return;
    while (kept_bytes + part->is.head_len > VOD_PARTS_BYTES_MAX)
        forget(least_used(true));
    struct kept *k = least_used(false);
    forget(k);
    part->refs++;
    *k = (struct kept){ *st, *wish, part, ++uses };
    kept_bytes += part->is.head_len;
}

/* ---- finding one on a thread ------------------------------------------------------------------------------------- */

struct find_job {
    struct offload_job job;
    int                fd;
    int64_t            file_len;
    struct vod_wish    wish;
    struct vod_index  *index; /* what is known of the file; NULL: nothing */
    struct vod_keys    keys;
    struct vod_part   *part;
    struct err        *e;
};

static void work(struct offload_job *job)
{
    struct find_job *f = CONTAINER_OF(job, struct find_job, job);
    f->e = vod_find_part(f->fd, f->file_len, &f->wish, &f->keys, &f->part->is);
}

static void drop(struct offload_job *job)
{
    struct find_job *f = CONTAINER_OF(job, struct find_job, job);
    if (f->fd >= 0)
        close(f->fd);
    err_free(f->e);
    flv_index_finish(&f->keys.grown);
    vod_index_unref(&f->index);
    vod_part_unref(&f->part);
    mem_free(f);
}

static struct find_job *make_job(int fd, const struct stat *st, const struct vod_wish *wish)
{
    struct find_job *f = mem_calloc(1, sizeof *f);
    if (!f)
        return NULL;
    *f = (struct find_job){ .job = { .work = work, .drop = drop },
                            .fd = fcntl(fd, F_DUPFD_CLOEXEC, 0),
                            .file_len = st->st_size,
                            .wish = *wish,
                            .part = mem_calloc(1, sizeof *f->part) };
    if (wish->format == VOD_FLV)
        f->index = vod_indexes_find(st);
    if (f->index)
        f->keys.known = &f->index->keys;
    if (f->part)
        f->part->refs = 1;
    if (f->part && f->fd >= 0)
        return f;
    drop(&f->job);
    return NULL;
}

struct err *vod_parts_get(struct vod_part **part, int fd, const struct stat *st, const struct vod_wish *wish)
{
    *part = find_kept(st, wish);
    if (*part)
        return NULL;
    if (!mem_has_room())
        return err_new(E_LIMIT, "the server holds more than memory_limit");
    struct find_job *f = make_job(fd, st, wish);
    if (!f)
        return err_no_memory();
    struct err *e = offload(OFFLOAD_INDEX, &f->job, now_us() + DISK_US);
    if (e)
        return err_wrap(e, "find a part of a file");
    e = f->e;
    f->e = NULL;
    if (!e) {
        *part = f->part;
        f->part = NULL;
        keep(st, wish, *part);
        if (f->keys.grown.n > 0)
            vod_indexes_keep(st, &f->keys.grown);
    }
    drop(&f->job);
    return e;
}
