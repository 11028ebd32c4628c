/**
 * Files that are written by threads: operations are queued on the loop, and a thread performs them in the same order.
 *
 *     file_writer_batch_begin(w)                                        what follows is one job for a thread
 *     file_writer_open(w, "live/cam-3.ts.tmp", WRITTEN_FILE_WHOLE, 0)
 *     file_writer_append_shared(w, iov, n_iov, segment_release, segment_ref(s))
 *     file_writer_rename(w, "live/cam-3.ts.tmp", "live/cam-3.ts")
 *     file_writer_put(w, "live/cam.m3u8", ".tmp", text, len)            skipped if the segment is lost
 *     file_writer_remove(w, "live/cam-0.ts")                            so is this
 *     if (!file_writer_batch_end(w, told, show))                        told(show, result) is called when all is on disk
 *         …                                                             the segment is lost already
 *     e = file_writer_close(&w, now_us() + 5 * US_PER_SECOND)
 *
 * The disk may be slow, full or frozen: the loop does not wait for it, and the queue is bounded. Bytes that do not fit into
 * the queue, or that the disk refuses, are lost in whole units; each append is one unit. A file that is opened as
 * WRITTEN_FILE_WHOLE gets its name by file_writer_rename() only if it is complete; otherwise it is removed and counted as a
 * lost file. The log tells the first loss with its reason, and how much was lost once writing works again
 * (protocol/losses.h). A file that could not be opened is tried again, and missing folders are made again.
 *
 * A disk that hangs holds up the writers whose files lie on it, and no others: at most DISK_TURNS threads work on one disk at a
 * time (protocol/disk_turn.h), each for all writers that had work in the same turn of the loop (protocol/disk_job.h). A file that is opened again while a writer that was left or given up still has it waits for that
 * writer (protocol/writers_gone.h).
 *
 * A writer has one file open at a time, and may put, rename and remove any file. With one writer for each stream, the files of
 * a stream change in order: a segment exists before the playlist that names it.
 *
 * Shape      paths are copied; missing folders are made
 * Ownership  the writer belongs to its creator; bytes are copied, except those that are shared
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
#include "protocol/losses.h"
#include "protocol/writer_types.h"
#include "protocol/written_file.h"

struct file_writer;

struct err *file_writer_create(struct file_writer **w, const struct file_writer_options *o) ATTR_MUST_USE;

/**
 * Close the open file, if there is one, and open `path`: see written_file_open(). After a false nothing is open: appends are
 * lost until the next open.
 */
bool file_writer_open(struct file_writer *w, const char *path, enum written_file_mode mode,
                      int64_t rotate_bytes) ATTR_MUST_USE;

/** Append one unit, given in one piece or in several. */
bool file_writer_append(struct file_writer *w, const void *bytes, size_t len);
bool file_writer_appendv(struct file_writer *w, const struct iovec *iov, int n_iov);

/**
 * Append one unit without copying its bytes, which must not change until they are given back.
 *
 * Ownership  `release(arg)` is called on the loop, exactly once, whatever the result: when the thread is done with the bytes or
 *            the unit was given up, or before the return of a call that returns false. It must not yield
 */
bool file_writer_append_shared(struct file_writer *w, const struct iovec *iov, int n_iov, void (*release)(void *arg),
                               void *arg);

/** The same for several units, each of which has `per_unit` of the pieces. They are taken or refused together. */
bool file_writer_append_units(struct file_writer *w, const struct iovec *iov, int n_iov, int per_unit,
                              void (*release)(void *arg), void *arg);

/** Queue an fdatasync(): when it has been performed, the disk has everything that was queued before it. */
bool file_writer_sync(struct file_writer *w) ATTR_MUST_USE;

/** Give a file another name. The open file is closed by this if it was opened as WRITTEN_FILE_WHOLE. */
bool file_writer_rename(struct file_writer *w, const char *from, const char *to) ATTR_MUST_USE;

/**
 * Put a whole file in place: it is written to `path` + `tmp_suffix` and renamed, so that a reader sees the old contents or the
 * new. The open file stays open. A put that still waits is superseded by a later one of the same path and not performed.
 *
 * Ownership  put() copies the bytes; put_shared() borrows them as file_writer_append_shared() does
 */
bool file_writer_put(struct file_writer *w, const char *path, const char *tmp_suffix, const void *bytes, size_t len);
bool file_writer_put_shared(struct file_writer *w, const char *path, const char *tmp_suffix, const struct iovec *iov,
                            int n_iov, void (*release)(void *arg), void *arg);

/** Remove a file; its absence is no error. */
bool file_writer_remove(struct file_writer *w, const char *path);

/** Remove a folder if it is empty. */
bool file_writer_remove_folder(struct file_writer *w, const char *path);

/**
 * Work on files by a function of the owner, in the order of the queue: the open file is closed, and `call(arg)` is called on a
 * thread. It may block, and may neither log nor call functions of coroutines. Its error counts as a lost file.
 *
 * Shape      path: a file that it works on, by which its disk is known
 * Ownership  release(arg) is called on the loop, exactly once, as for file_writer_append_shared()
 */
bool file_writer_call(struct file_writer *w, const char *path, struct err *(*call)(void *arg),
                      void (*release)(void *arg), void  *arg) ATTR_MUST_USE;

/** Start writing gathered appends now. */
void file_writer_flush(struct file_writer *w);

/**
 * A batch of operations is one job for a thread. When something of it cannot be written, its later puts and removes are not
 * performed, nor are those of batches that were asked for before the owner was told. So a playlist that is put in a batch never
 * names a segment that is not on disk, and a segment is not removed while the playlist on disk names it. After a failure the
 * owner asks again for what is true then.
 *
 * Between begin and end nothing is started, and the caller may not yield.
 *
 * batch_end() takes a callback, or NULL. It is called on the loop when the batch has been performed. It must not yield; it may
 * queue more. It is not called once the writer was left or closed.
 *
 * Returns    false: an operation of the batch could not be queued, and its later puts and removes were not. `done` is not called
 */
void file_writer_batch_begin(struct file_writer *w);
bool file_writer_batch_end(struct file_writer *w, void (*done)(void *arg, const struct file_writer_result *r),
                           void               *arg);

/** True when nothing that was asked for waits or is being performed. */
bool file_writer_is_done(const struct file_writer *w);

/** What has been lost since the writer was made. */
struct file_writer_lost file_writer_lost(const struct file_writer *w);

/** The system's reason of the newest loss; 0: the disk was not asked, for example because too much waits for it. */
int file_writer_lost_errno(const struct file_writer *w);

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
 * Close the writer without waiting: what is queued is still performed, and losses are logged. At most WRITERS_LEFT_MAX
 * writers that were left may have work; a further one gives up at once.
 *
 * Ownership  *w becomes NULL; takes NULL
 * Yields     no
 */
void file_writer_leave(struct file_writer **w);

/**
 * Wait for the writers that have been left. It is called at the end of the process, before offload_shutdown(). False at the
 * deadline. Yields.
 */
bool file_writers_finish(int64_t deadline_us);

#endif
