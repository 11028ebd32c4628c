/**
 * Blobs in one memory file, for what is sent many times: the kernel sends from its pages without copying, and the process's heap
 * does not fragment.
 *
 *     struct blob_row row = { 0 };                     for what one owner makes, and frees in about the same order
 *     a = blob_store_append(&row, pieces, n)
 *     b = blob_store_append(&row, pieces, n)           lies right behind a, if there is room
 *     if (blob_store_join(a, &b)) …                    a has the bytes of both, b is NULL
 *     blob_row_finish(&row)
 *
 * A page is given back to the system when nothing in it is needed any more. It may be shared by the end of a blob and the beginning
 * of the next one, so that short blobs cost no more than their bytes. Bytes are never written over, because the kernel may still
 * be sending them when their blob has gone.
 *
 * Where there is no memory file (an old kernel, a container's seccomp profile), blobs are on the heap.
 *
 * Source     memfd_create(2), sendfile(2)
 * Yields     no
 */
#ifndef CORE_BLOB_STORE_H
#define CORE_BLOB_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "core/attr.h"
#include "core/blob.h"

/* Largest size of the file. It takes memory only where there are blobs. */
#define BLOB_STORE_BYTES_MAX (INT64_C(1) << 36)

/** Where an owner's next blob lies; all zero at first. The owner does not change it. */
struct blob_row {
    int64_t at, end; /* what is reserved: of the file's size, not of memory */
    int64_t reserve; /* length of the next reservation */
};

/** A blob with a copy of the pieces; NULL if memory is out. */
struct blob *blob_store_append(struct blob_row *row, const struct iovec *pieces, int n_pieces) ATTR_MUST_USE;

/**
 * Add the bytes of `*next` to `b`, if they lie right behind its own, and nobody else holds one of the two.
 *
 * Returns    true: `*next` is NULL, its reference was taken over; false: nothing has happened
 */
bool blob_store_join(struct blob *b, struct blob **next) ATTR_MUST_USE;

/** Give back what is reserved. The row is all zero again; its blobs stay. */
void blob_row_finish(struct blob_row *row);

/** Bytes of memory that the store holds, and those of its blobs among them. */
size_t blob_store_held(void);
size_t blob_store_bytes(void);

/** Close the file, at the end of the process. Nothing happens if a blob is left. */
void blob_store_finish(void);

#endif
