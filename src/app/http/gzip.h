/**
 * Files compressed for clients that ask for it: made on a worker thread, the last used ones kept.
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

/* Below, it does not pay; above, a file is sent as it is. */
enum { GZIP_FILE_MIN = 1 << 10, GZIP_FILE_MAX = 4 << 20, GZIP_KEPT_BYTES_MAX = 8 << 20 };

/* Files at work at one time: each takes three times its size in memory, and a thread that transcoders may want. */
enum { GZIP_AT_ONCE_MAX = 2 };

struct gzip_text {
    struct list     link; /* those that are kept, the last used one last */
    int             refs;
    dev_t           dev;
    ino_t           ino;
    off_t           size;
    struct timespec modified;
    uint8_t        *data;
    size_t          len;
};

/**
 * The file's text, compressed.
 *
 * Errors     E_LIMIT when others are at work, or this one is just being compressed; reading; out of memory: send it as it is
 * Yields     yes
 */
struct err *gzip_file(struct gzip_text **out, struct served_file *f) ATTR_MUST_USE;

/** Takes the pointer away; takes NULL in it. */
void gzip_text_unref(struct gzip_text **t);

/** Forget all that is kept. */
void gzip_forget(void);

#endif
