/**
 * A file that is sent to a client. The loop never waits for the disk.
 *
 * Bytes in the kernel's memory are opened, read and sent by the loop at once; on a plain connection by sendfile(), so that
 * they are not copied here. Other bytes are brought into memory by worker threads, a piece at a time. The kernel is asked
 * whether a piece is in memory, and the answer is used for a second.
 *
 * Ownership  counted: a worker thread may still use the file when its client has gone
 * Errors     E_SYSTEM_FILE_READ, E_SYSTEM_FILE_EOF if the file became shorter: then the reply is cut off
 * Yields     the functions that say so
 */
#ifndef APP_HTTP_SERVED_FILE_H
#define APP_HTTP_SERVED_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "core/attr.h"
#include "core/err.h"
#include "protocol/http/exchange.h"

/* A file of up to SMALL_MAX bytes is read at once; a larger file is sent in pieces. */
enum { SERVED_FILE_SMALL_MAX = 64 << 10, SERVED_FILE_PIECE_BYTES = 1 << 20 };

struct served_file {
    int         refs;
    int         fd;
    struct stat st;
    char       *data; /* the whole file, if it is small */
    char       *map;  /* mapping by which the kernel is asked which pages are in memory; NULL until then */
};

enum file_found { FILE_FOUND, FILE_IS_FOLDER, FILE_ABSENT, FILE_FORBIDDEN, FILE_BUSY };

/**
 * Open `path` below the folder `root`. A path that ends in '/' means the index.html there.
 *
 * Returns    *found tells the result; FILE_FORBIDDEN also if a symbolic link leads out. *out is NULL except for FILE_FOUND
 * Yields     yes
 */
struct err *served_file_open(struct served_file **out, const char *root, const char *path,
                             enum file_found *found) ATTR_MUST_USE;

/** Drop the reference; *f becomes NULL, and may be NULL before. */
void served_file_unref(struct served_file **f);

/** Send a part of the file as the body, or a piece of the body, of a reply that has begun. Yields. */
struct err *served_file_send(struct served_file *f, struct http_exchange *x, int64_t at, int64_t len) ATTR_MUST_USE;

/**
 * Read a part of the file.
 *
 * Ownership  the caller frees *data with mem_free()
 * Returns    *n is less than `len` at the end of the file
 * Yields     yes
 */
struct err *served_file_read(struct served_file *f, int64_t at, size_t len, char **data, size_t *n) ATTR_MUST_USE;

#endif
