#include "core/blob_store.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/iov.h"
#include "core/mem.h"
#include "core/page.h"
#include "core/places.h"

/* What a row reserves at first, and at most: each reservation is twice as long as the one before. */
enum { RESERVE_MIN = 256 << 10, RESERVE_MAX = 4 << 20 };

/* Users of a page: blobs with bytes in it, and the row that may still write into it. */
typedef uint8_t page_users;

/* A page with so many is full, whatever room it has: an append adds two for a moment. */
enum { PAGE_USERS_MAX = UINT8_MAX - 2 };

#define USERS_BYTES (BLOB_STORE_BYTES_MAX / PAGE_BYTES * sizeof(page_users))

static struct {
    int           file; /* 0: not tried yet; -1: there is none */
    uint8_t      *map;
    page_users   *users; /* of each page of the file; the system gives memory where there are blobs */
    struct places places;
    size_t        held, n_bytes; /* of pages, and of blobs */
} store = { .places = { .max = BLOB_STORE_BYTES_MAX } };

static void *map_or_null(void *map)
{
    return map == MAP_FAILED ? NULL : map;
}

static bool open_store(void)
{
    if (store.file != 0)
        return store.file > 0;
    store.file = -1;
    int file = memfd_create("segments", MFD_CLOEXEC);
    if (file < 0)
        return false;
    if (ftruncate(file, BLOB_STORE_BYTES_MAX) == 0)
        store.map = map_or_null(mmap(NULL, BLOB_STORE_BYTES_MAX, PROT_READ, MAP_SHARED | MAP_NORESERVE, file, 0));
    if (store.map)
        store.users = map_or_null(
            mmap(NULL, USERS_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
    if (!store.users) {
        if (store.map)
            munmap(store.map, BLOB_STORE_BYTES_MAX);
        store.map = NULL;
        close(file);
        return false;
    }
    (void)madvise(store.map, BLOB_STORE_BYTES_MAX, MADV_DONTDUMP);
    store.file = file;
    return true;
}

/* ---- pages ---- */

static int64_t page_down(int64_t at)
{
    return at / PAGE_BYTES * PAGE_BYTES;
}

static int64_t page_up(int64_t at)
{
    return page_down(at + PAGE_BYTES - 1);
}

static page_users *users_of(int64_t at)
{
    return &store.users[at / PAGE_BYTES];
}

static void count_held(int64_t bytes)
{
    store.held += (size_t)bytes;
    mem_held_add((size_t)bytes);
}

static void use_pages(int64_t at, int64_t end)
{
    for (at = page_down(at); at < end; at += PAGE_BYTES)
        if ((*users_of(at))++ == 0)
            count_held(PAGE_BYTES);
}

/* Pages that have lost their last user: their memory goes to the system, their place may be used again. */
static void free_pages(int64_t at, int64_t end)
{
    if (at == end)
        return;
    (void)fallocate(store.file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, at, end - at);
    places_give(&store.places, at, end - at);
    store.held -= (size_t)(end - at);
    mem_held_sub((size_t)(end - at));
}

static void leave_pages(int64_t at, int64_t end)
{
    int64_t free_from = at = page_down(at);
    for (; at < end; at += PAGE_BYTES) {
        if (--*users_of(at) == 0)
            continue;
        free_pages(free_from, at);
        free_from = at + PAGE_BYTES;
    }
    free_pages(free_from, at);
}

/* ---- rows ---- */

/* The row is a user of the page that it has begun, so that nobody else gets the rest of it. */
static bool has_begun_page(const struct blob_row *row)
{
    return row->at % PAGE_BYTES != 0;
}

/* Go on with the next page. */
static void leave_page(struct blob_row *row)
{
    int64_t next = page_up(row->at);
    if (has_begun_page(row))
        leave_pages(row->at, next);
    row->at = next;
}

static void leave_place(struct blob_row *row)
{
    leave_page(row);
    if (row->at < row->end)
        places_give(&store.places, row->at, row->end - row->at);
    row->at = row->end = 0;
}

void blob_row_finish(struct blob_row *row)
{
    leave_place(row);
    row->reserve = 0;
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* Go on behind what is reserved, in a gap: the file itself does not become longer for that. */
static bool extend(struct blob_row *row, int64_t len)
{
    int64_t needed = page_up(row->at + len - row->end), wished = larger(needed, row->reserve);
    if (row->end == 0 || row->end == store.places.end)
        return false;
    if (places_take_at(&store.places, row->end, wished))
        row->end += wished;
    else if (places_take_at(&store.places, row->end, needed))
        row->end += needed;
    else
        return false;
    return true;
}

/* Reserve the first place that is long enough. Where there is little left, it is no longer than needed. */
static bool move(struct blob_row *row, int64_t len)
{
    int64_t needed = page_up(len), wished = larger(needed, row->reserve);
    int64_t at = places_take(&store.places, wished);
    if (at < 0) {
        wished = needed;
        at = places_take(&store.places, wished);
    }
    if (at < 0)
        return false;
    if (at != row->end || at == 0) {
        leave_place(row);
        row->at = at;
    }
    row->end = at + wished;
    return true;
}

/* Make sure that the next `len` bytes have a place. */
static bool has_place(struct blob_row *row, int64_t len)
{
    if (has_begun_page(row) && *users_of(row->at) >= PAGE_USERS_MAX)
        leave_page(row);
    if (len <= row->end - row->at)
        return true;
    row->reserve = row->reserve ? row->reserve : RESERVE_MIN;
    if (!extend(row, len) && !move(row, len))
        return false;
    row->reserve = row->reserve < RESERVE_MAX ? 2 * row->reserve : RESERVE_MAX;
    return true;
}

/* Go on behind the next `len` bytes. The page in which they end may get more. */
static void advance(struct blob_row *row, int64_t len)
{
    bool    had_begun = has_begun_page(row);
    int64_t before = row->at;
    row->at += len;
    if (has_begun_page(row))
        use_pages(row->at, row->at + 1);
    if (had_begun)
        leave_pages(before, before + 1);
}

/* ---- blobs ---- */

static void release(struct blob *b)
{
    store.n_bytes -= b->len;
    leave_pages(b->at, b->at + (int64_t)b->len);
}

static bool write_pieces(int64_t at, const struct iovec *pieces, int n)
{
    while (n > 0) {
        int     now = n < IOV_MAX ? n : IOV_MAX;
        ssize_t wrote = pwritev(store.file, pieces, now, at);
        if (wrote < 0 || (size_t)wrote != iov_sum(pieces, now))
            return false;
        at += wrote;
        pieces += now;
        n -= now;
    }
    return true;
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

struct blob *blob_store_append(struct blob_row *row, const struct iovec *pieces, int n_pieces)
{
    size_t len = iov_sum(pieces, n_pieces);
    if (len == 0 || len > INT_MAX || !open_store() || !has_place(row, (int64_t)len))
        return copy_to_heap(pieces, n_pieces, len);
    struct blob *b = mem_alloc(sizeof *b);
    if (!b)
        return NULL;
    *b = (struct blob){
        .refs = 1, .len = len, .bytes = store.map + row->at, .file = store.file, .at = row->at, .release = release
    };
    store.n_bytes += len;
    use_pages(b->at, b->at + (int64_t)len);
    advance(row, (int64_t)len);
    if (!write_pieces(b->at, pieces, n_pieces))
        blob_unref(&b);
    return b;
}

bool blob_store_join(struct blob *b, struct blob **next)
{
    struct blob *n = *next;
    int64_t      end = b->at + (int64_t)b->len;
    if (b->release != release || n->release != release || b->refs > 1 || n->refs > 1 || n->at != end)
        return false;
    if (end % PAGE_BYTES != 0)
        leave_pages(end, end + 1); /* Both have used this page. */
    b->len += n->len;
    mem_free(n);
    *next = NULL;
    return true;
}

size_t blob_store_held(void)
{
    return store.held;
}

size_t blob_store_bytes(void)
{
    return store.n_bytes;
}

void blob_store_finish(void)
{
    if (store.held > 0)
        return; /* A thread that hangs may still read: the exit frees it. */
    if (store.file > 0) {
        munmap(store.map, BLOB_STORE_BYTES_MAX);
        munmap(store.users, USERS_BYTES);
        close(store.file);
    }
    places_finish(&store.places);
    store.file = 0;
    store.map = NULL;
    store.users = NULL;
}
