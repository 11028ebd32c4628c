/**
 * Bytes that are made once and shared: immutable after their maker has filled them, and counted.
 *
 * The bytes are those of the blob itself, or a piece of another blob's, or belong to whoever made it (core/blob_store). Bytes of a
 * memory file can be sent to a socket without being copied.
 *
 * Ownership  blob_new() and the like give one reference; blob_ref() and blob_unref() count. The counter is a plain int, because
 *            all coroutines share one thread; a thread may read the bytes while the loop holds a reference for it
 * Yields     no
 */
#ifndef CORE_BLOB_H
#define CORE_BLOB_H

#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"

struct blob {
    int          refs;
    size_t       len;
    uint8_t     *bytes;
    int          file;               /* memory file that has the bytes; -1: none */
    int64_t      at;                 /* place of the first byte in the file */
    struct blob *of;                 /* the blob that has the bytes, by a reference; NULL: none */
    void (*release)(struct blob *b); /* gives the bytes back; NULL: nothing to do */
};

/** A blob of `len` bytes that the caller fills; NULL if memory is out. */
struct blob *blob_new(size_t len) ATTR_MUST_USE;

/** A blob with a copy of the bytes; NULL if memory is out. */
struct blob *blob_copy(const void *bytes, size_t len) ATTR_MUST_USE;

/** A piece of a blob, which keeps the whole; NULL if memory is out. */
struct blob *blob_piece(struct blob *whole, size_t at, size_t len) ATTR_MUST_USE;

static inline struct blob *blob_ref(struct blob *b)
{
    b->refs++;
    return b;
}

/** Drop the reference; *b becomes NULL, and may be NULL before. */
void blob_unref(struct blob **b);

/** The same for a holder that knows no type: `blob` is a struct blob *. */
void blob_release(void *blob);

#endif
