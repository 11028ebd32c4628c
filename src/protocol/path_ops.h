/**
 * Files as a whole, by their paths: rename, put, remove; and the folders above them.
 *
 * Everything here blocks on the disk, so it is called on a thread (protocol/file_writer) or before the loop runs.
 *
 * Shape      missing folders of a path that is written are made
 * Ownership  borrows its arguments
 * Errors     those of the system, with its errno: E_SYSTEM_FILE_OPEN, _WRITE, _CLOSE, _RENAME, E_SYSTEM_CREATE_DIR
 * Yields     no
 */
#ifndef PROTOCOL_PATH_OPS_H
#define PROTOCOL_PATH_OPS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "core/attr.h"
#include "core/err.h"

/** Make all folders before the last slash. */
struct err *path_make_folders(const char *path) ATTR_MUST_USE;

struct err *path_rename(const char *from, const char *to) ATTR_MUST_USE;

/**
 * Write a whole file to `tmp` and rename it to `path`. If anything fails, `tmp` is removed and `path` is as it was.
 *
 * Returns    *device where `tmp` lies, once it is open
 */
struct err *path_put(const char *path, const char *tmp, const struct iovec *iov, int n_iov,
                     uint64_t *device) ATTR_MUST_USE;

/**
 * As path_put(), for a file whose loss matters: its mode and, if possible, its owner stay, and `path` has all of the old bytes or all
 * of the new ones after a power failure too. `path` must exist.
 */
struct err *path_replace(const char *path, const char *tmp, const void *bytes, size_t len) ATTR_MUST_USE;

/** A file that is absent is no error. */
struct err *path_remove(const char *path) ATTR_MUST_USE;

/** A folder that is absent or not empty is no error: it is left as it is. */
struct err *path_remove_folder(const char *path) ATTR_MUST_USE;

/** Write everything. Returns the bytes that were written; `errno` tells why if it is fewer. */
size_t path_write_all(int fd, const struct iovec *iov, int n_iov);

#endif
