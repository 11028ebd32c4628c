/**
 * A file that is written in units: each unit is in the file as a whole or not at all.
 *
 * Everything here blocks on the disk, so it is called on a thread (protocol/file_writer) or before the loop runs.
 *
 * Shape      missing folders of a path are made; a file that could not be opened is tried again at the next append
 * Errors     those of the system, with its errno: E_SYSTEM_FILE_OPEN, _WRITE, _RENAME, _CLOSE, E_SYSTEM_CREATE_DIR
 * Yields     no
 */
#ifndef PROTOCOL_WRITTEN_FILE_H
#define PROTOCOL_WRITTEN_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "core/attr.h"
#include "core/err.h"

/*
 * Where writing begins: behind what the file holds already, or in an empty file. WRITTEN_FILE_WHOLE is an empty file that is
 * worth nothing in part: it is removed as soon as a unit of it is lost, and when it is closed before it was renamed.
 */
enum written_file_mode { WRITTEN_FILE_APPEND, WRITTEN_FILE_FRESH, WRITTEN_FILE_WHOLE };

struct written_file {
    int                    fd;   /* -1: not open */
    char                  *path; /* NULL: there is no file */
    enum written_file_mode mode; /* mode of the next attempt to open the file */
    int64_t                rotate_bytes;
    int64_t                len;        /* bytes in the file */
    bool                   is_regular; /* False: a device or a pipe, which is never rotated or cut. */
    bool                   is_whole;   /* opened as WRITTEN_FILE_WHOLE */
    uint64_t               device;     /* device of the last file that was open; 0: none yet */
    bool                   is_spoiled; /* A unit of such a file is lost, and the file is removed. */
};

#define WRITTEN_FILE_INIT ((struct written_file){ .fd = -1 })

/**
 * Close the open file, if there is one, and open `path`.
 *
 * Shape      a unit that would make the file longer than `rotate_bytes` begins a new file; the old file is renamed to PATH.1
 *            and replaces an older one. With rotate_bytes 0 this never happens
 * Ownership  takes `path` over (mem_free()), whatever the result
 */
struct err *written_file_open(struct written_file *f, char *path, enum written_file_mode mode,
                              int64_t rotate_bytes) ATTR_MUST_USE;

/**
 * Append units, in as few writes as possible.
 *
 * Shape      unit i ends before bytes[ends[i]] and begins where the one before it ends
 * Returns    *n_written units are in the file: all units, or those before the one that failed
 */
struct err *written_file_append(struct written_file *f, const char *bytes, const size_t *ends, size_t n_units,
                                size_t *n_written) ATTR_MUST_USE;

/**
 * Append units that lie in several pieces each.
 *
 * Shape      unit i has the pieces from i * per_unit on; a file that rotates takes them together
 * Returns    *n_written units are in the file: all units, or those before the one that failed
 */
struct err *written_file_appendv(struct written_file *f, const struct iovec *iov, int n_iov, int per_unit,
                                 size_t *n_written) ATTR_MUST_USE;

/** Wait until the disk has the file's contents: fdatasync(). Does nothing for a pipe or a device. */
struct err *written_file_sync(struct written_file *f) ATTR_MUST_USE;

/** Close the file and forget its path. */
struct err *written_file_close(struct written_file *f) ATTR_MUST_USE;

/**
 * Give any file, open or not, another name; missing folders of the new one are made. If `from` is the open file and was opened
 * as WRITTEN_FILE_WHOLE, it is closed first; if a unit of it is lost, or `is_spoiled`, it is removed instead.
 */
struct err *written_file_rename(struct written_file *f, const char *from, const char *to,
                                bool is_spoiled) ATTR_MUST_USE;

#endif
