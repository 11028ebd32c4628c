/**
 * A file on its way to a client, without the loop ever waiting for the disk.
 *
 * What is in the kernel's memory is opened, read and sent by the loop at once (sendfile() where the connection is plain, so
 * the bytes are not copied here); what is not, worker threads bring there, a piece at a time. Whether a piece is there is
 * asked for, and believed for a second.
 *
 * Ownership  counted: a worker thread may be at it when its reader has gone
 * Errors     E_SYSTEM_FILE_READ, E_SYSTEM_FILE_EOF when it became shorter: the reply is cut off then
 * Yields     as told
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

/* Up to here it is read at once; from here on it goes out in pieces. */
enum { SERVED_FILE_SMALL_MAX = 64 << 10, SERVED_FILE_PIECE_BYTES = 1 << 20 };

struct served_file {
    int         refs;
    int         fd;
    struct stat st;
    char       *data; /* all of it, when it is small */
    char       *map;  /* to ask which pages are in memory, once somebody has */
};

enum file_found { FILE_FOUND, FILE_IS_FOLDER, FILE_ABSENT, FILE_FORBIDDEN, FILE_BUSY };

/**
 * Open `path` below the folder `root`. A path that ends in '/' is that of the index.html there.
 *
 * Returns    *found tells; FILE_FORBIDDEN also when a symbolic link leads out. *out is NULL but for FILE_FOUND
 * Yields     yes
 */
struct err *served_file_open(struct served_file **out, const char *root, const char *path,
                             enum file_found *found) ATTR_MUST_USE;

/** Takes the pointer away; takes NULL in it. */
void served_file_unref(struct served_file **f);

/** Send a part of it as the body, or a piece of the body, of a reply that has begun. Yields. */
struct err *served_file_send(struct served_file *f, struct http_exchange *x, int64_t at, int64_t len) ATTR_MUST_USE;

/**
 * Read a part.
 *
 * Ownership  *data is the caller's, for mem_free()
 * Returns    *n is less than `len` at the end of the file
 * Yields     yes
 */
struct err *served_file_read(struct served_file *f, int64_t at, size_t len, char **data, size_t *n) ATTR_MUST_USE;

#endif
