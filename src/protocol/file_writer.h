/**
 * Files written behind the loop's back: what is asked for is queued, and a thread does it in that order.
 *
 *     file_writer_open(w, "objs/live/cam-3.ts.tmp", WRITTEN_FILE_FRESH, 0)
 *     file_writer_append(w, packet, sizeof packet) …               false: this one is lost
 *     file_writer_rename(w, "objs/live/cam-3.ts.tmp", "objs/live/cam-3.ts")
 *     e = file_writer_close(&w, now_us() + 5 * US_PER_SECOND)
 *
 * The disk may be slow, full or frozen: the loop does not wait for it, and the queue is bounded. What does not fit into the
 * queue, and what the disk refuses, is lost in whole units: each append is one. The first loss is logged with its reason;
 * the next line tells how much was lost, once writing works again. For the next 10 s losses are only counted: a later line
 * tells them too. A file that could not be opened is tried again.
 *
 * One writer has one file open at a time, and may rename any: so a writer for each stream keeps the order among a
 * stream's files (a segment is there before the playlist that names it).
 *
 * Shape      whatever takes a path copies it; missing folders are made
 * Ownership  the writer belongs to its creator; bytes are copied
 * Errors     false: not queued, and counted. Errors of the disk come back from file_writer_wait() and _close()
 * Yields     file_writer_wait() and file_writer_close() only. All of it on the loop
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
    const char *what;            /* is written, for the log: "output of a child"; borrowed for ever (a literal) */
    size_t      queue_bytes_max; /* ceiling of what waits or is being written, its bookkeeping included */
    size_t      gather_bytes;    /* an append waits for others until so many bytes have come, ... */
    int64_t     gather_us; /* ... or the first of them has waited this long when another append comes; 0: neither */
};

/* Operations of all kinds that may wait; neighbouring appends are one. */
enum { FILE_WRITER_OPS_MAX = 1024 };

struct err *file_writer_create(struct file_writer **w, const struct file_writer_options *o) ATTR_MUST_USE;

/** Close the file before, if there is one, and open this one: see written_file_open(). */
bool file_writer_open(struct file_writer *w, const char *path, enum written_file_mode mode,
                      int64_t rotate_bytes) ATTR_MUST_USE;

/** One unit, in one piece or in several. */
bool file_writer_append(struct file_writer *w, const void *bytes, size_t len);
bool file_writer_appendv(struct file_writer *w, const struct iovec *iov, int n_iov);

/** The disk has everything before this. */
bool file_writer_sync(struct file_writer *w) ATTR_MUST_USE;

bool file_writer_rename(struct file_writer *w, const char *from, const char *to) ATTR_MUST_USE;

/** Gathered appends wait no longer. */
void file_writer_flush(struct file_writer *w);

/** How many units and bytes have been lost since the writer was made. */
struct file_writer_lost {
    uint64_t units, bytes;
};
struct file_writer_lost file_writer_lost(const struct file_writer *w);

/**
 * Wait until all that is queued has been done.
 *
 * Errors     E_SOCKET_TIMEOUT at the deadline, E_THREAD_INTERRUPTED; else the first error of the disk since the last wait
 * Yields     yes
 */
struct err *file_writer_wait(struct file_writer *w, int64_t deadline_us) ATTR_MUST_USE;

/**
 * Do what is queued, close the file and free the writer. At the deadline the rest is given up: a thread that hangs in the
 * disk is left alone and frees what it holds when it returns. A deadline in the past gives up at once. A caller that is
 * cancelled does not wait: the writer is left, as by file_writer_leave().
 *
 * Ownership  *w becomes NULL, whatever the result; NULL is nothing to close
 * Errors     as file_writer_wait(); the cancel is none
 * Yields     yes
 */
struct err *file_writer_close(struct file_writer **w, int64_t deadline_us) ATTR_MUST_USE;

/**
 * The same without waiting: what is queued is done by and by, and losses are logged. Of the writers that have been left at
 * most FILE_WRITERS_LEFT_MAX may still have something to do; a further one gives up at once.
 *
 * Ownership  *w becomes NULL; NULL is nothing to leave
 * Yields     no
 */
void file_writer_leave(struct file_writer **w);

enum { FILE_WRITERS_LEFT_MAX = 1000 };

/** Wait for the writers that have been left: at the end, before offload_shutdown(). False at the deadline. Yields. */
bool file_writers_finish(int64_t deadline_us);

#endif
