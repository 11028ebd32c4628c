/**
 * One recorded file, from its beginning to its last name.
 *
 * While it is recorded it has the name that it will have, with `.tmp` at the end. When it ends, a thread completes it (format.h) and
 * renames it. A name that is taken gets a number: no file is ever written over. The listeners of finished files are told then.
 *
 * All work on the disk is done by a file writer of the file. If the disk is slow, full or frozen, frames are lost
 * (file_gaps.h); the stream goes on. The bytes that wait for the disk are bounded, and with `memory_limit` those of all files too.
 *
 * Ownership  counted: its recorder, and its writer while that works on it
 * Yields     no
 */
#ifndef APP_DVR_FILE_H
#define APP_DVR_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "app/dvr/file_state.h"
#include "core/attr.h"
#include "core/clock.h"
#include "core/err.h"

/** The wall clock at a time of the monotonic clock. */
static inline int64_t dvr_wall_us(int64_t us)
{
    return wall_now_us() - (now_us() - us);
}

/**
 * Begin a file.
 *
 * Shape      headers: those in force; video, audio: codecs of the first tracks, or CODEC_NONE; first_us: the time of the stream that is the
 *            beginning of the file; wall_us: the wall clock at it
 * Ownership  *out is a reference of the caller
 * Errors     the names cannot be a path, E_LIMIT: too many files, or bytes that wait for disks; out of memory. *out is NULL then
 */
struct err *dvr_file_begin(struct dvr_file **out, const struct dvr_subject *subject, const struct headers *headers,
                           enum codec video, enum codec audio, int64_t first_us, int64_t wall_us) ATTR_MUST_USE;

/** Write a frame. `false`: it needs another file; nothing was written. */
bool dvr_file_take(struct dvr_file *f, struct frame *frame) ATTR_MUST_USE;

/** Have the disk write what was taken so far. */
void dvr_file_flush(struct dvr_file *f);

/** No more frames come: the file is completed and renamed. */
void dvr_file_end(struct dvr_file *f);

/** Drop the reference; *f becomes NULL, and may be NULL before. A file that was not ended is ended. */
void dvr_file_unref(struct dvr_file **f);

/** At the end of the server: leave all files to their writers, for which file_writers_finish() waits. */
void dvr_files_finish(void);

#endif
