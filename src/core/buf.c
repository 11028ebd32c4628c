#include "core/buf.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/err.h"
#include "core/mem.h"

/* The first block; each later one is at least twice as large as the one before. */
enum { CAP_FIRST = 256, READ_BYTES = 16 << 10 };

/* Bytes without use that may stay when a buffer is handed over. */
enum { TAKE_SPARE_MAX = 16 };

static bool has_failed(struct buf *b, enum buf_fault fault)
{
    b->fault = fault;
    return false;
}

/* Exactly `cap` bytes of memory, the NUL among them. */
static bool resize(struct buf *b, size_t cap)
{
    char *bytes = mem_realloc(b->bytes, cap);
    if (!bytes)
        return has_failed(b, BUF_NO_MEMORY);
    b->bytes = bytes;
    b->cap = cap;
    b->bytes[b->len] = '\0';
    return true;
}

static bool fits(struct buf *b, size_t len)
{
    if (b->fault)
        return false;
    return len <= b->max - b->len || has_failed(b, BUF_FULL);
}

static bool is_large_enough(const struct buf *b, size_t len)
{
    return b->cap > b->len && b->cap - b->len > len;
}

static bool grow(struct buf *b, size_t len)
{
    if (!fits(b, len))
        return false;
    if (is_large_enough(b, len))
        return true;
    size_t least = b->len + len, cap = b->cap ? b->cap : CAP_FIRST / 2;
    size_t wanted = cap > b->max / 2 ? b->max : 2 * cap - 1;
    return resize(b, (wanted > least ? wanted : least) + 1);
}

void buf_append(struct buf *b, const void *bytes, size_t len)
{
    bool has_room = !b->fault && b->cap - b->len > len; /* `cap` is never beyond the ceiling. */
    if (!has_room && !grow(b, len))
        return;
    if (len)
        memcpy(b->bytes + b->len, bytes, len);
    b->len += len;
    b->bytes[b->len] = '\0';
}

void buf_text(struct buf *b, const char *text)
{
    buf_append(b, text, strlen(text));
}

/* Format into the room that there is, and once more if that was too little. */
void buf_vprintf(struct buf *b, const char *fmt, va_list args)
{
    if (!grow(b, 0))
        return;
    va_list again;
    va_copy(again, args);
    size_t room = b->cap - b->len;
    int    len = vsnprintf(b->bytes + b->len, room, fmt, args);
    bool   is_whole = len >= 0 && (size_t)len < room;
    if (!is_whole)
        b->bytes[b->len] = '\0';
    if (len >= 0 && !is_whole && grow(b, (size_t)len)) {
        vsnprintf(b->bytes + b->len, (size_t)len + 1, fmt, again);
        is_whole = true;
    }
    if (is_whole)
        b->len += (size_t)len;
    va_end(again);
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    buf_vprintf(b, fmt, args);
    va_end(args);
}

char *buf_room(struct buf *b, size_t least, size_t *room)
{
    *room = 0;
    if (!grow(b, least))
        return NULL;
    *room = b->cap - 1 - b->len;
    return b->bytes + b->len;
}

void buf_added(struct buf *b, size_t len)
{
    b->len += len;
    b->bytes[b->len] = '\0';
}

/* At the ceiling a byte more tells a file that ends there from a longer one. */
static char *read_room(struct buf *b, char *probe, size_t *room)
{
    size_t left = b->max - b->len;
    if (left)
        return buf_room(b, left < READ_BYTES ? left : READ_BYTES, room);
    *room = 1;
    return b->fault ? NULL : probe;
}

bool buf_read_all(struct buf *b, int fd)
{
    char probe;
    for (;;) {
        size_t  room;
        char   *to = read_room(b, &probe, &room);
        ssize_t got = to ? read(fd, to, room) : -1;
        if (to && got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got == 0;
        if (to == &probe)
            return has_failed(b, BUF_FULL);
        buf_added(b, (size_t)got);
    }
}

void buf_reserve(struct buf *b, size_t len)
{
    if (fits(b, len) && !is_large_enough(b, len))
        resize(b, b->len + len + 1);
}

static void cut(struct buf *b, size_t len)
{
    b->len = len;
    if (b->bytes)
        b->bytes[len] = '\0';
}

void buf_clear(struct buf *b)
{
    cut(b, 0);
}

void buf_rewind(struct buf *b, size_t len)
{
    cut(b, len);
    b->fault = BUF_SOUND;
}

struct err *buf_error(const struct buf *b)
{
    switch (b->fault) {
    case BUF_NO_MEMORY: return err_no_memory();
    case BUF_FULL: return err_new(E_LIMIT, "longer than %zu bytes", b->max);
    default: return NULL;
    }
}

/* What is handed over may stay for long: it gets memory of its own size. */
char *buf_take(struct buf *b)
{
    char *bytes = b->bytes && b->cap - b->len > TAKE_SPARE_MAX ? mem_shrink(b->bytes, b->len + 1) : b->bytes;
    *b = buf_up_to(b->max);
    return bytes;
}

void buf_finish(struct buf *b)
{
    mem_free(b->bytes);
    *b = buf_up_to(b->max);
}
