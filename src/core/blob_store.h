/**
 * Blobs in one memory file, for what is sent many times: the kernel sends from its pages without copying, and the process's heap
 * does not fragment. Each blob begins with a page of its own.
 *
 * Where there is no memory file (an old kernel, a container's seccomp profile), blobs are on the heap.
 *
 * Source     memfd_create(2), sendfile(2)
 * Yields     no
 */
#ifndef CORE_BLOB_STORE_H
#define CORE_BLOB_STORE_H

#include <stddef.h>
#include <sys/uio.h>

#include "core/attr.h"
#include "core/blob.h"

/* Largest size of the file. It takes memory only where there are blobs. */
#define BLOB_STORE_BYTES_MAX (INT64_C(1) << 36)

/** A blob with a copy of the pieces; NULL if memory is out. */
struct blob *blob_store_copy(const struct iovec *pieces, int n_pieces) ATTR_MUST_USE;

/** Bytes of memory that the store holds. */
size_t blob_store_held(void);

/** Close the file, at the end of the process. Nothing happens if a blob is left. */
void blob_store_finish(void);

#endif
