/**
 * Bytes that grow up to a ceiling, with a failure that sticks.
 *
 *     struct buf b = buf_up_to(TEXT_BYTES_MAX);
 *     buf_printf(&b, "%d streams", n);
 *     buf_append(&b, bytes, len);
 *     if ((e = buf_error(&b)))                    asked once, after all of it
 *
 * The fixed counterparts are core/wr (bytes) and core/str (text). mem_grow() grows arrays of structs.
 *
 * Shape      `bytes` is NULL before the first byte and ends with a NUL that `len` does not count
 * Ownership  buf_finish() frees the bytes, buf_take() hands them over
 * Errors     whatever does not fit below the ceiling, or finds no memory, sets `fault` and is left out as a whole; from then
 *            on nothing is added. A buffer that is all zero has no ceiling yet and takes nothing
 * Yields     no
 */
#ifndef CORE_BUF_H
#define CORE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/attr.h"

struct err;

enum buf_fault { BUF_SOUND, BUF_NO_MEMORY, BUF_FULL };

struct buf {
    char          *bytes;
    size_t         len, cap; /* `cap` counts the NUL */
    size_t         max;      /* ceiling of `len` */
    enum buf_fault fault;
};

/** An empty buffer of at most `max_bytes`. The macro is for initialisers. */
#define BUF_UP_TO(max_bytes) ((struct buf){ .max = (max_bytes) })
static inline struct buf buf_up_to(size_t max_bytes)
{
    return BUF_UP_TO(max_bytes);
}

void buf_append(struct buf *b, const void *bytes, size_t len);
void buf_text(struct buf *b, const char *text);
void buf_printf(struct buf *b, const char *fmt, ...) ATTR_PRINTF(2, 3);
void buf_vprintf(struct buf *b, const char *fmt, va_list args) ATTR_PRINTF(2, 0);

/**
 * Room behind the last byte, for a caller that fills it and then says so with buf_added().
 *
 * Shape      *room is at least `least`, and all that there is without growing
 * Returns    NULL after a failure; buf_added() of 0 bytes may be left out
 */
char *buf_room(struct buf *b, size_t least, size_t *room) ATTR_MUST_USE;
void  buf_added(struct buf *b, size_t len);

/**
 * Append all that `fd` gives, to its end. Blocks on the disk.
 *
 * Returns    true at the end; false with `fault` when it is longer than the ceiling or memory is out, and false without
 *            `fault` when reading failed: `errno` says why
 */
bool buf_read_all(struct buf *b, int fd) ATTR_MUST_USE;

/** Make room for `len` bytes more in exactly that size: for a length that is known beforehand. */
void buf_reserve(struct buf *b, size_t len);

/** Forget all bytes; the memory, the ceiling and a failure stay. */
void buf_clear(struct buf *b);

/** Forget the bytes behind the first `len`, and a failure with them: for a caller that tries, and goes on without. */
void buf_rewind(struct buf *b, size_t len);

/** NULL while all is there; else out of memory, or E_LIMIT with the ceiling. */
struct err *buf_error(const struct buf *b) ATTR_MUST_USE;

/**
 * Hand the bytes over, in memory of their size, to be released with mem_free(); the buffer is empty then. NULL when there has never
 * been one.
 */
char *buf_take(struct buf *b) ATTR_MUST_USE;

/** Free the bytes and be empty and sound; the ceiling stays. */
void buf_finish(struct buf *b);

#endif
