#include "app/http/gzip.h"

#include <string.h>
#include <zlib.h>

#include "core/clock.h"
#include "core/mem.h"
#include "protocol/offload.h"

enum { COMPRESS_US = 30 * US_PER_SECOND, GZIP_WINDOW_BITS = 15 + 16 }; /* In zlib, 16 more asks for a gzip header. */

static struct list kept = { &kept, &kept };
static size_t      kept_bytes;

static const struct gzip_text *at_work[GZIP_AT_ONCE_MAX];

void gzip_text_unref(struct gzip_text **tp)
{
    struct gzip_text *t = *tp;
    *tp = NULL;
    if (!t || --t->refs > 0)
        return;
    mem_free(t->data);
    mem_free(t);
}

static void forget(struct gzip_text *t)
{
    list_remove(&t->link);
    kept_bytes -= t->len;
    gzip_text_unref(&t);
}

void gzip_forget(void)
{
    while (!list_is_empty(&kept))
        forget(LIST_ENTRY(kept.next, struct gzip_text, link));
}

static void keep(struct gzip_text *t)
{
    t->refs++;
    list_push(&kept, &t->link);
    kept_bytes += t->len;
    while (kept_bytes > GZIP_KEPT_BYTES_MAX)
        forget(LIST_ENTRY(kept.next, struct gzip_text, link));
}

/* Compare seconds and nanoseconds separately: a file's time in nanoseconds may not fit into 64 bits. */
static bool is_same_time(struct timespec a, struct timespec b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool is_of(const struct gzip_text *t, const struct stat *st)
{
    return t->ino == st->st_ino && t->dev == st->st_dev && t->size == st->st_size &&
           is_same_time(t->modified, st->st_mtim);
}

static struct gzip_text *find(const struct stat *st)
{
    LIST_FOREACH (&kept, it, after) {
        struct gzip_text *t = LIST_ENTRY(it, struct gzip_text, link);
        if (!is_of(t, st))
            continue;
        list_remove(&t->link);
        list_push(&kept, &t->link);
        t->refs++;
        return t;
    }
    return NULL;
}

/* Find a free slot for compressing a file; NULL: this file is being compressed, or too many others are. */
static const struct gzip_text **find_place(const struct stat *st)
{
    const struct gzip_text **place = NULL;
    for (size_t i = 0; i < GZIP_AT_ONCE_MAX; i++) {
        if (!at_work[i])
            place = &at_work[i];
        else if (is_of(at_work[i], st))
            return NULL;
    }
    return place;
}

/* ---- compressing ----------------------------------------------------------------------------------------------- */

struct gzip_job {
    struct offload_job job;
    char              *in;
    size_t             in_len, out_cap, out_len;
    uint8_t           *out;
    int                level;
    bool               failed;
};

static void drop(struct offload_job *job)
{
    struct gzip_job *g = CONTAINER_OF(job, struct gzip_job, job);
    mem_free(g->in);
    mem_free(g->out);
    mem_free(g);
}

static void work(struct offload_job *job)
{
    struct gzip_job *g = CONTAINER_OF(job, struct gzip_job, job);
    z_stream         z = { .next_in = (Bytef *)g->in, .avail_in = (uInt)g->in_len };
    g->failed = true;
    if (deflateInit2(&z, g->level, Z_DEFLATED, GZIP_WINDOW_BITS, MAX_MEM_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK)
        return;
    z.next_out = g->out;
    z.avail_out = (uInt)g->out_cap;
    g->failed = deflate(&z, Z_FINISH) != Z_STREAM_END;
    g->out_len = z.total_out;
    deflateEnd(&z);
}

struct err *gzip_compress(char *in, size_t len, int level, uint8_t **out, size_t *out_len)
{
    struct gzip_job *g = mem_calloc(1, sizeof *g);
    if (!g) {
        mem_free(in);
        return err_no_memory();
    }
    *g = (struct gzip_job){ .job = { .work = work, .drop = drop }, .in = in, .in_len = len, .level = level };
    g->out_cap = compressBound(len) + 32; /* compressBound() counts the header of zlib; that of gzip is longer. */
    g->out = mem_alloc(g->out_cap);
    struct err *e = NULL;
    if (!g->out) {
        drop(&g->job);
        return err_no_memory();
    }
    if ((e = offload(OFFLOAD_CODEC, &g->job, now_us() + COMPRESS_US)))
        return err_wrap(e, "compress");
    if (g->failed) {
        e = err_no_memory();
    } else {
        uint8_t *fitting = mem_realloc(g->out, g->out_len);
        *out = fitting ? fitting : g->out;
        *out_len = g->out_len;
        g->out = NULL;
    }
    drop(&g->job);
    return e;
}

/* Copy the bytes of the file for the job. */
static struct err *read_all(struct served_file *f, char **data, size_t *len)
{
    *len = (size_t)f->st.st_size;
    if (!f->data)
        return served_file_read(f, 0, *len, data, len);
    *data = mem_alloc(*len);
    if (!*data)
        return err_no_memory();
    memcpy(*data, f->data, *len);
    return NULL;
}

struct err *gzip_file(struct gzip_text **out, struct served_file *f)
{
    char  *text;
    size_t len;
    *out = find(&f->st);
    if (*out)
        return NULL;
    const struct gzip_text **place = find_place(&f->st);
    if (!place)
        return err_new(E_LIMIT, "%d files are being compressed, or this one is", GZIP_AT_ONCE_MAX);
    struct gzip_text *t = mem_calloc(1, sizeof *t);
    if (!t)
        return err_no_memory();
    list_init(&t->link);
    t->refs = 1;
    t->dev = f->st.st_dev;
    t->ino = f->st.st_ino;
    t->size = f->st.st_size;
    t->modified = f->st.st_mtim;
    *place = t;
    struct err *e = read_all(f, &text, &len);
    if (!e)
        e = gzip_compress(text, len, Z_DEFAULT_COMPRESSION, &t->data, &t->len);
    *place = NULL;
    if (e) {
        gzip_text_unref(&t);
        return e;
    }
    keep(t);
    *out = t;
    return NULL;
}
