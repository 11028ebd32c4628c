#include "app/http/served_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "app/conf/open_files.h"
#include "core/clock.h"
#include "core/mem.h"
#include "core/page.h"
#include "protocol/co.h"
#include "protocol/offload.h"
#include "protocol/open_beneath.h"

enum {
    DISK_US = 60 * US_PER_SECOND, /* longest wait for the disk */
    PAGES_A_PIECE = SERVED_FILE_PIECE_BYTES / PAGE_BYTES,
    N_NOTES = 1024,
    NOTE_US = US_PER_SECOND,
    BUFFER_BYTES = 128 << 10, /* buffer for connections without sendfile() */
};

void served_file_unref(struct served_file **fp)
{
    struct served_file *f = *fp;
    *fp = NULL;
    if (!f || --f->refs > 0)
        return;
    if (f->map)
        munmap(f->map, (size_t)f->st.st_size);
    if (f->fd >= 0)
        close(f->fd);
    mem_free(f->data);
    mem_free(f);
}

/* ---- opening --------------------------------------------------------------------------------------------------- */

struct open_job {
    struct offload_job  job;
    struct served_file *file;
    int                 why; /* an errno, or 0 */
    const char         *root, *path;
    char                names[];
};

static void drop_open(struct offload_job *job)
{
    struct open_job *o = CONTAINER_OF(job, struct open_job, job);
    served_file_unref(&o->file);
    mem_free(o);
}

/* Read up to `len` bytes; fewer only at the end of the file. -1 with errno after an error. */
static ssize_t read_fully(int fd, char *buf, size_t len, int64_t at)
{
    size_t n = 0;
    while (n < len) {
        ssize_t got = pread(fd, buf + n, len - n, at + (int64_t)n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        n += (size_t)got;
    }
    return (ssize_t)n;
}

/* Read a small file, on a thread. If the file shrinks meanwhile, st_size becomes the number of bytes that were read. */
static int read_small(struct served_file *f)
{
    size_t len = (size_t)f->st.st_size;
    f->data = mem_alloc(len);
    if (!f->data)
        return ENOMEM;
    ssize_t n = read_fully(f->fd, f->data, len, 0);
    if (n < 0)
        return errno;
    f->st.st_size = n;
    return 0;
}

static bool is_small(const struct served_file *f)
{
    return S_ISREG(f->st.st_mode) && f->st.st_size <= SERVED_FILE_SMALL_MAX;
}

/* Close a file that would take one of the last descriptors. True: it did. */
static bool give_back(struct served_file *f)
{
    if (f->fd < 0 || !open_files_are_short(f->fd))
        return false;
    close(f->fd);
    f->fd = -1;
    return true;
}

static void open_work(struct offload_job *job)
{
    struct open_job    *o = CONTAINER_OF(job, struct open_job, job);
    struct served_file *f = o->file;
    if (f->fd < 0) {
        f->fd = open_beneath(o->root, o->path, &f->st);
        o->why = f->fd < 0 ? errno : give_back(f) ? EMFILE : 0;
    }
    if (f->fd >= 0 && is_small(f))
        o->why = read_small(f);
}

/* Open and read on the loop; false if that would have to wait. */
static bool open_now(struct open_job *o)
{
    struct served_file *f = o->file;
    f->fd = open_beneath_now(o->root, o->path, &f->st);
    if (give_back(f) || f->fd < 0 || !is_small(f))
        return f->fd >= 0;
    f->data = mem_alloc((size_t)f->st.st_size);
    struct iovec iov = { f->data, (size_t)f->st.st_size };
    if (f->data && (f->st.st_size == 0 || preadv2(f->fd, &iov, 1, 0, RWF_NOWAIT) == f->st.st_size))
        return true;
    mem_free(f->data);
    f->data = NULL;
    return false;
}

static struct open_job *make_open_job(const char *root, const char *path)
{
    size_t              root_len = strlen(root) + 1, path_len = strlen(path);
    const char         *index = path_len > 0 && path[path_len - 1] == '/' ? "index.html" : "";
    struct served_file *f = mem_calloc(1, sizeof *f);
    struct open_job    *o = mem_calloc(1, sizeof *o + root_len + path_len + strlen(index) + 1);
    if (!f || !o) {
        mem_free(f);
        mem_free(o);
        return NULL;
    }
    *f = (struct served_file){ .refs = 1, .fd = -1 };
    o->job = (struct offload_job){ .work = open_work, .drop = drop_open };
    o->file = f;
    o->root = o->names;
    o->path = o->names + root_len;
    memcpy(o->names, root, root_len);
    memcpy(o->names + root_len, path, path_len);
    strcpy(o->names + root_len + path_len, index);
    return o;
}

static enum file_found judge(const struct open_job *o)
{
    switch (o->why) {
    case 0:
        return S_ISREG(o->file->st.st_mode) ? FILE_FOUND : S_ISDIR(o->file->st.st_mode) ? FILE_IS_FOLDER : FILE_ABSENT;
    case EACCES:
    case EPERM:
    case EXDEV: return FILE_FORBIDDEN;
    case EMFILE:
    case ENFILE:
    case ENOMEM: return FILE_BUSY;
    default: return FILE_ABSENT;
    }
}

struct err *served_file_open(struct served_file **out, const char *root, const char *path, enum file_found *found)
{
    *out = NULL;
    *found = FILE_ABSENT;
    struct open_job *o = make_open_job(root, path);
    if (!o)
        return err_no_memory();
    struct err *e = open_now(o) ? NULL : offload(OFFLOAD_DISK, &o->job, now_us() + DISK_US);
    if (e)
        return err_wrap(e, "open %s", path);
    errno = o->why;
    if (o->why == EIO)
        e = err_sys(E_SYSTEM_FILE_READ, "open %s%s", root, path);
    *found = judge(o);
    if (!e && *found == FILE_FOUND) {
        *out = o->file;
        o->file = NULL;
    }
    drop_open(&o->job);
    return e;
}

/* ---- reading --------------------------------------------------------------------------------------------------- */

struct read_job {
    struct offload_job  job;
    struct served_file *file;
    int64_t             at;
    size_t              len;
    ssize_t             n;
    int                 why;
    char               *data; /* NULL: only bring the bytes into memory */
};

static void drop_read(struct offload_job *job)
{
    struct read_job *r = CONTAINER_OF(job, struct read_job, job);
    served_file_unref(&r->file);
    mem_free(r->data);
    mem_free(r);
}

static void read_work(struct offload_job *job)
{
    struct read_job *r = CONTAINER_OF(job, struct read_job, job);
    r->n = read_fully(r->file->fd, r->data, r->len, r->at);
    r->why = errno;
}

static struct read_job *make_read_job(struct served_file *f, void (*work)(struct offload_job *))
{
    struct read_job *r = mem_calloc(1, sizeof *r);
    if (!r)
        return NULL;
    r->job = (struct offload_job){ .work = work, .drop = drop_read };
    r->file = f;
    f->refs++;
    return r;
}

/* Run the job on a thread. After an error the job no longer belongs to the caller. */
static struct err *run_read(struct read_job *r)
{
    int64_t     at = r->at;
    struct err *e = offload(OFFLOAD_DISK, &r->job, now_us() + DISK_US);
    if (!e && r->n < 0) {
        errno = r->why;
        e = err_sys(E_SYSTEM_FILE_READ, "read the file at byte %lld", (long long)at);
        drop_read(&r->job);
    }
    return e;
}

/* Fill r->data, at once if the bytes are in memory. */
static struct err *fill(struct read_job *r)
{
    struct iovec iov = { r->data, r->len };
    r->n = preadv2(r->file->fd, &iov, 1, r->at, RWF_NOWAIT);
    return r->n == (ssize_t)r->len ? NULL : run_read(r);
}

struct err *served_file_read(struct served_file *f, int64_t at, size_t len, char **data, size_t *n)
{
    struct read_job *r = make_read_job(f, read_work);
    if (!r)
        return err_no_memory();
    r->data = mem_alloc(len);
    if (!r->data) {
        drop_read(&r->job);
        return err_no_memory();
    }
    r->at = at;
    r->len = len;
    struct err *e = fill(r);
    if (e)
        return e;
    *data = r->data;
    *n = (size_t)r->n;
    r->data = NULL;
    drop_read(&r->job);
    return NULL;
}

/* ---- sending --------------------------------------------------------------------------------------------------- */

static struct err *send_copied(struct served_file *f, struct http_exchange *x, int64_t at, int64_t len)
{
    struct err      *e = NULL;
    struct read_job *r = make_read_job(f, read_work);
    if (!r)
        return err_no_memory();
    r->data = mem_alloc(BUFFER_BYTES);
    if (!r->data)
        e = err_no_memory();
    while (!e && len > 0) {
        r->at = at;
        r->len = len < BUFFER_BYTES ? (size_t)len : BUFFER_BYTES;
        if ((e = fill(r)))
            return e;
        if (r->n < (ssize_t)r->len)
            e = err_new(E_SYSTEM_FILE_EOF, "the file ends at byte %lld", (long long)(at + r->n));
        else
            e = http_reply_write(x, r->data, (size_t)r->n);
        at += r->n;
        len -= r->n;
        if (!e && len > 0)
            co_give_way(); /* A peer that is as fast as the disk would never make this loop wait. */
    }
    drop_read(&r->job);
    return e;
}

static int64_t page_of(int64_t at)
{
    return at & ~(int64_t)(PAGE_BYTES - 1);
}

/* A piece that was in memory a moment ago: a file with many clients is not checked for each of them. */
struct note {
    dev_t           dev;
    ino_t           ino;
    int64_t         piece, until_us;
    struct timespec modified;
};

static struct note notes[N_NOTES];

static struct note *note_of(const struct served_file *f, int64_t piece)
{
    return &notes[((uint64_t)f->st.st_ino * 31 + (uint64_t)piece) % N_NOTES];
}

static bool is_noted(const struct served_file *f, int64_t piece)
{
    const struct note *n = note_of(f, piece);
    return n->ino == f->st.st_ino && n->piece == piece && n->dev == f->st.st_dev &&
           n->modified.tv_sec == f->st.st_mtim.tv_sec && n->modified.tv_nsec == f->st.st_mtim.tv_nsec &&
           now_us() < n->until_us;
}

static void take_note(const struct served_file *f, int64_t piece)
{
    *note_of(f, piece) = (struct note){ f->st.st_dev, f->st.st_ino, piece, now_us() + NOTE_US, f->st.st_mtim };
}

/* True if the kernel tells which pages are in memory: it tells owners and writers of the file, and says "all" to others. */
static bool may_ask(const struct served_file *f)
{
    return f->st.st_uid == geteuid() || geteuid() == 0;
}

static bool is_in_memory(struct served_file *f, int64_t at, size_t len)
{
    unsigned char pages[PAGES_A_PIECE];
    int64_t       from = page_of(at);
    size_t        n_pages = (size_t)(page_of(at + (int64_t)len - 1) - from) / PAGE_BYTES + 1;
    if (!f->map && may_ask(f)) {
        void *map = mmap(NULL, (size_t)f->st.st_size, PROT_READ, MAP_SHARED, f->fd, 0);
        f->map = map == MAP_FAILED ? NULL : map;
    }
    if (!f->map || mincore(f->map + from, n_pages * PAGE_BYTES, pages) < 0)
        return false;
    for (size_t i = 0; i < n_pages; i++)
        if (!(pages[i] & 1))
            return false;
    return true;
}

/* Read a byte of each page of the piece, on a thread, so that all are in memory; let the kernel begin with the next piece. */
static void warm_work(struct offload_job *job)
{
    struct read_job *r = CONTAINER_OF(job, struct read_job, job);
    char             byte;
    r->n = 0;
    readahead(r->file->fd, r->at, r->len);
    for (int64_t at = r->at; r->n >= 0 && at < r->at + (int64_t)r->len; at = page_of(at) + PAGE_BYTES)
        r->n = pread(r->file->fd, &byte, 1, at);
    r->why = errno;
    readahead(r->file->fd, r->at + (int64_t)r->len, SERVED_FILE_PIECE_BYTES);
}

static struct err *warm(struct served_file *f, int64_t at, size_t len)
{
    struct read_job *r = make_read_job(f, warm_work);
    if (!r)
        return err_no_memory();
    r->at = at;
    r->len = len;
    struct err *e = run_read(r);
    if (!e)
        drop_read(&r->job);
    return e;
}

/* Send bytes of a piece that is in memory. */
static struct err *send_piece(struct served_file *f, struct http_exchange *x, int64_t at, size_t len)
{
    struct io *io = http_io_of(x);
    int64_t    end = at + (int64_t)len;
    while (at < end) {
        size_t      n;
        struct err *e = http_wait_for_room(x);
        if (!e)
            e = io_sendfile_now(io, f->fd, &at, (size_t)(end - at), &n);
        if (e)
            return e;
        http_reply_count(x, n);
    }
    return NULL;
}

/* Bring a piece of the file into memory, and send the bytes of it that are asked for. */
static struct err *send_some(struct served_file *f, struct http_exchange *x, int64_t at, int64_t len, int64_t *sent)
{
    int64_t     piece = at / SERVED_FILE_PIECE_BYTES, start = piece * SERVED_FILE_PIECE_BYTES;
    int64_t     end = start + SERVED_FILE_PIECE_BYTES < f->st.st_size ? start + SERVED_FILE_PIECE_BYTES : f->st.st_size;
    struct err *e = NULL;
    if (end <= at)
        return err_new(E_SYSTEM_FILE_EOF, "the file ends at byte %lld", (long long)end);
    if (!is_noted(f, piece)) {
        if (!is_in_memory(f, start, (size_t)(end - start)))
            e = warm(f, start, (size_t)(end - start));
        if (e)
            return e;
        take_note(f, piece);
    }
    *sent = end - at < len ? end - at : len;
    return send_piece(f, x, at, (size_t)*sent);
}

struct err *served_file_send(struct served_file *f, struct http_exchange *x, int64_t at, int64_t len)
{
    if (!http_reply_wants_body(x) || len == 0)
        return NULL;
    if (f->data)
        return http_reply_write(x, f->data + at, (size_t)len);
    if (http_io_of(x)->layer || http_reply_is_chunked(x))
        return send_copied(f, x, at, len);
    for (int64_t sent; len > 0; at += sent, len -= sent) {
        struct err *e = send_some(f, x, at, len, &sent);
        if (e)
            return e;
        if (sent < len)
            co_give_way();
    }
    return NULL;
}
