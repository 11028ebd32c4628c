/**
 * Compressed files, for clients that accept gzip. They are made on a worker thread, and those used last are kept.
 *
 * Source     RFC 1952
 * Ownership  counted
 */
#ifndef APP_HTTP_GZIP_H
#define APP_HTTP_GZIP_H

#include <stddef.h>
#include <stdint.h>

#include "app/http/served_file.h"
#include "core/attr.h"
#include "core/err.h"
#include "core/list.h"

/* Smallest and largest file that is compressed; most bytes of compressed files that are kept. */
enum { GZIP_FILE_MIN = 1 << 10, GZIP_FILE_MAX = 4 << 20, GZIP_KEPT_BYTES_MAX = 8 << 20 };

/* Most files that are compressed at one time: each takes three times its size in memory, and a thread for codecs. */
enum { GZIP_AT_ONCE_MAX = 2 };

struct gzip_text {
    struct list     link; /* entry in the list of kept files; the file used last is at its end */
    int             refs;
    dev_t           dev;
    ino_t           ino;
    off_t           size;
    struct timespec modified;
    uint8_t        *data;
    size_t          len;
};

/**
 * Compress a file, or find it among those that are kept.
 *
 * Errors     E_LIMIT if too many files, or this one, are being compressed; errors of reading; out of memory. After any error,
 *            the caller sends the file uncompressed
 * Yields     yes
 */
struct err *gzip_file(struct gzip_text **out, struct served_file *f) ATTR_MUST_USE;

/**
 * Compress bytes that are made for one reply.
 *
 * Shape      level: 1 is fast, 9 small
 * Ownership  takes `in` over, on error too; *out is the caller's, mem_free()
 * Errors     those of offload(); out of memory
 * Yields     yes
 */
struct err *gzip_compress(char *in, size_t len, int level, uint8_t **out, size_t *out_len) ATTR_MUST_USE;

/** Drop the reference; *t becomes NULL, and may be NULL before. */
void gzip_text_unref(struct gzip_text **t);

/** Forget all kept files. */
void gzip_forget(void);

#endif
