#include "core/blob_store.h"

#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/mem.h"

enum { PAGE_BYTES = 4096 };

/* A row of free pages below store.end. */
struct extent {
    int64_t at, len;
};

static struct {
    int            file; /* 0: not tried yet; -1: there is none */
    uint8_t       *map;
    int64_t        end;  /* everything behind it is free */
    struct extent *free; /* by their places; neighbours are joined */
    size_t         n_free, cap_free;
    size_t         held;
} store;

static bool open_store(void)
{
    if (store.file != 0)
        return store.file > 0;
    store.file = -1;
    int   file = memfd_create("segments", MFD_CLOEXEC);
    void *map = MAP_FAILED;
    if (file >= 0 && ftruncate(file, BLOB_STORE_BYTES_MAX) == 0)
        map = mmap(NULL, BLOB_STORE_BYTES_MAX, PROT_READ, MAP_SHARED | MAP_NORESERVE, file, 0);
    if (map == MAP_FAILED) {
        if (file >= 0)
            close(file);
        return false;
    }
    (void)madvise(map, BLOB_STORE_BYTES_MAX, MADV_DONTDUMP);
    store.file = file;
    store.map = map;
    return true;
}

/* ---- places ---- */

static void remove_extent(size_t i)
{
    memmove(&store.free[i], &store.free[i + 1], (store.n_free - i - 1) * sizeof *store.free);
    store.n_free--;
}

/* The first free place that is long enough; -1: there is none. */
static int64_t take_place(int64_t len)
{
    for (size_t i = 0; i < store.n_free; i++) {
        struct extent *e = &store.free[i];
        if (e->len < len)
            continue;
        int64_t at = e->at;
        e->at += len;
        e->len -= len;
        if (e->len == 0)
            remove_extent(i);
        return at;
    }
    if (len > BLOB_STORE_BYTES_MAX - store.end)
        return -1;
    store.end += len;
    return store.end - len;
}

static bool insert_extent(size_t i, struct extent e)
{
    if (store.n_free == store.cap_free) {
        struct extent *larger = mem_grow(store.free, &store.cap_free, sizeof *larger, SIZE_MAX / sizeof *larger);
        if (!larger)
            return false;
        store.free = larger;
    }
    memmove(&store.free[i + 1], &store.free[i], (store.n_free - i) * sizeof *store.free);
    store.free[i] = e;
    store.n_free++;
    return true;
}

/* Give a place back. Without memory for its row it is lost until the end; its pages are not. */
static void give_place(int64_t at, int64_t len)
{
    size_t i = 0, up = store.n_free;
    while (i < up) { /* the first row behind it */
        size_t middle = i + (up - i) / 2;
        if (store.free[middle].at < at)
            i = middle + 1;
        else
            up = middle;
    }
    bool joins_before = i > 0 && store.free[i - 1].at + store.free[i - 1].len == at;
    bool joins_behind = i < store.n_free && at + len == store.free[i].at;
    if (joins_before) {
        store.free[i - 1].len += len + (joins_behind ? store.free[i].len : 0);
        if (joins_behind)
            remove_extent(i);
    } else if (joins_behind) {
        store.free[i].at = at;
        store.free[i].len += len;
    } else if (!insert_extent(i, (struct extent){ at, len })) {
        return;
    }
    if (store.n_free > 0 && store.free[store.n_free - 1].at + store.free[store.n_free - 1].len == store.end) {
        store.end = store.free[store.n_free - 1].at;
        store.n_free--;
    }
}

/* ---- blobs ---- */

static int64_t pages_of(size_t len)
{
    return ((int64_t)len + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
}

static void give_back(int64_t at, size_t len)
{
    int64_t pages = pages_of(len);
    (void)fallocate(store.file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, at, pages);
    give_place(at, pages);
    store.held -= (size_t)pages;
    mem_held_sub((size_t)pages);
}

static void release(struct blob *b)
{
    give_back(b->at, b->len);
}

static bool write_pieces(int64_t at, const struct iovec *pieces, int n, size_t len)
{
    while (n > 0) {
        int     now = n < IOV_MAX ? n : IOV_MAX;
        ssize_t wrote = pwritev(store.file, pieces, now, at);
        size_t  wanted = 0;
        for (int i = 0; i < now; i++)
            wanted += pieces[i].iov_len;
        if (wrote < 0 || (size_t)wrote != wanted)
            return false;
        at += wrote;
        len -= wanted;
        pieces += now;
        n -= now;
    }
    return len == 0;
}

static struct blob *copy_to_heap(const struct iovec *pieces, int n, size_t len)
{
    struct blob *b = blob_new(len);
    uint8_t     *to = b ? b->bytes : NULL;
    for (int i = 0; b && i < n; i++) {
        memcpy(to, pieces[i].iov_base, pieces[i].iov_len);
        to += pieces[i].iov_len;
    }
    return b;
}

struct blob *blob_store_copy(const struct iovec *pieces, int n_pieces)
{
    size_t len = 0;
    for (int i = 0; i < n_pieces; i++)
        len += pieces[i].iov_len;
    int64_t at = len > 0 && len <= INT_MAX && open_store() ? take_place(pages_of(len)) : -1;
    if (at < 0)
        return copy_to_heap(pieces, n_pieces, len);
    store.held += (size_t)pages_of(len);
    mem_held_add((size_t)pages_of(len));
    struct blob *b = mem_alloc(sizeof *b);
    if (!b || !write_pieces(at, pieces, n_pieces, len)) {
        give_back(at, len);
        mem_free(b);
        return NULL;
    }
    *b = (struct blob){
        .refs = 1, .len = len, .bytes = store.map + at, .file = store.file, .at = at, .release = release
    };
    return b;
}

size_t blob_store_held(void)
{
    return store.held;
}

void blob_store_finish(void)
{
    if (store.held > 0)
        return; /* A thread that hangs may still read: the exit frees it. */
    if (store.file > 0) {
        munmap(store.map, BLOB_STORE_BYTES_MAX);
        close(store.file);
    }
    mem_free(store.free);
    memset(&store, 0, sizeof store);
}
