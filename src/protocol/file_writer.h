/**
 * Files that are written by threads: operations are queued on the loop, and a thread performs them in the same order.
 *
 *     file_writer_open(w, "objs/live/cam-3.ts.tmp", WRITTEN_FILE_FRESH, 0)
 *     file_writer_append(w, packet, sizeof packet) …               false: this unit is lost
 *     file_writer_rename(w, "objs/live/cam-3.ts.tmp", "objs/live/cam-3.ts")
 *     e = file_writer_close(&w, now_us() + 5 * US_PER_SECOND)
 *
 * The disk may be slow, full or frozen: the loop does not wait for it, and the queue is bounded. Bytes that do not fit into
 * the queue, or that the disk refuses, are lost in whole units; each append is one unit. The first loss is logged with its
 * reason. Once writing works again, one line tells how much was lost. For the next 10 s losses are only counted, and a later
 * line tells them. A file that could not be opened is tried again.
 *
 * A writer has one file open at a time, and may rename any file. With one writer for each stream, the files of a stream change
 * in order: a segment exists before the playlist that names it.
 *
 * Shape      paths are copied; missing folders are made
 * Ownership  the writer belongs to its creator; bytes are copied
 * Errors     false: not queued, and counted. Errors of the disk come back from file_writer_wait() and _close()
 * Yields     only file_writer_wait(), file_writer_close() and file_writers_finish(). All calls are made on the loop
 */
#ifndef PROTOCOL_FILE_WRITER_H
#define PROTOCOL_FILE_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "core/attr.h"
#include "core/err.h"
#include "protocol/written_file.h"

struct file_writer;

struct file_writer_options {
    const char *what;            /* kind of the contents, for the log: "output of a child"; a literal, never freed */
    size_t      queue_bytes_max; /* ceiling of the bytes that wait or are being written, bookkeeping included */
    size_t      gather_bytes;    /* Gathered appends are written once they have this many bytes. */
    int64_t     gather_us; /* An append also ends gathering if the first one has waited this long. 0: no gathering. */
};

/* Most operations that may wait; neighbouring appends count as one. */
enum { FILE_WRITER_OPS_MAX = 1024 };

struct err *file_writer_create(struct file_writer **w, const struct file_writer_options *o) ATTR_MUST_USE;

/** Close the open file, if there is one, and open `path`: see written_file_open(). */
bool file_writer_open(struct file_writer *w, const char *path, enum written_file_mode mode,
                      int64_t rotate_bytes) ATTR_MUST_USE;

/** Append one unit, given in one piece or in several. */
bool file_writer_append(struct file_writer *w, const void *bytes, size_t len);
bool file_writer_appendv(struct file_writer *w, const struct iovec *iov, int n_iov);

/** Queue an fdatasync(): when it has been performed, the disk has everything that was queued before it. */
bool file_writer_sync(struct file_writer *w) ATTR_MUST_USE;

bool file_writer_rename(struct file_writer *w, const char *from, const char *to) ATTR_MUST_USE;

/** Start writing gathered appends now. */
void file_writer_flush(struct file_writer *w);

/** Units and bytes that have been lost since the writer was made. */
struct file_writer_lost {
    uint64_t units, bytes;
};
struct file_writer_lost file_writer_lost(const struct file_writer *w);

/**
 * Wait until all queued operations have been performed.
 *
 * Errors     E_SOCKET_TIMEOUT at the deadline, E_THREAD_INTERRUPTED; otherwise the first error of the disk since the last wait
 * Yields     yes
 */
struct err *file_writer_wait(struct file_writer *w, int64_t deadline_us) ATTR_MUST_USE;

/**
 * Perform what is queued, close the file and free the writer. At the deadline the rest is given up: a thread that hangs in the
 * disk is left alone and frees what it holds when it returns. A deadline in the past gives up at once. A caller that is
 * cancelled does not wait: the writer is left, as by file_writer_leave().
 *
 * Ownership  *w becomes NULL, whatever the result; takes NULL
 * Errors     as file_writer_wait(), but a cancel is no error
 * Yields     yes
 */
struct err *file_writer_close(struct file_writer **w, int64_t deadline_us) ATTR_MUST_USE;

/**
 * Close the writer without waiting: what is queued is still performed, and losses are logged. At most FILE_WRITERS_LEFT_MAX
 * writers that were left may have work; a further one gives up at once.
 *
 * Ownership  *w becomes NULL; takes NULL
 * Yields     no
 */
void file_writer_leave(struct file_writer **w);

enum { FILE_WRITERS_LEFT_MAX = 1000 };

/**
 * Wait for the writers that have been left. It is called at the end of the process, before offload_shutdown(). False at the
 * deadline. Yields.
 */
bool file_writers_finish(int64_t deadline_us);

#endif
