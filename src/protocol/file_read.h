/**
 * Small files that are read as a whole, and the names in a folder, by a thread.
 *
 * These threads are no others' (OFFLOAD_READ): a disk that hangs under written or served files does not hold them up. A read
 * that hangs is given up at its deadline, and its thread is replaced, up to OFFLOAD_HUNG_MAX.
 *
 * Ownership  the bytes and the names belong to the caller: buf_finish()
 * Yields     yes, all of these
 */
#ifndef PROTOCOL_FILE_READ_H
#define PROTOCOL_FILE_READ_H

#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/buf.h"
#include "core/err.h"

/**
 * Read a file of at most `bytes_max` bytes.
 *
 * Ownership  *bytes is made by this call, and empty after an error
 * Errors     E_SYSTEM_FILE_NOT_EXISTS, E_SYSTEM_FILE_OPEN, E_SYSTEM_FILE_READ; E_LIMIT when it is longer; those of offload()
 */
struct err *file_read(const char *path, size_t bytes_max, struct buf *bytes, int64_t deadline_us) ATTR_MUST_USE;

/**
 * The names of the files in `folder` that begin with `prefix`: no folders, links or devices.
 *
 * Shape      *names has a NUL behind each name, in no particular order: see file_names_next(). It has at most `bytes_max` bytes
 * Ownership  *names is made by this call, and empty after an error
 * Errors     as file_read()
 */
struct err *file_names(const char *folder, const char *prefix, size_t bytes_max, struct buf *names,
                       int64_t deadline_us) ATTR_MUST_USE;

/** Walk the names: start with NULL. NULL is the end. */
const char *file_names_next(const struct buf *names, const char *name);

#endif
