/**
 * Continues the playlist that lies on the disk, when a stream is published for the first time since the server's start
 * (`hls_recover on`): numbers go on, and the segments that are there are listed until they leave the window.
 */
#ifndef APP_HLS_RECOVER_H
#define APP_HLS_RECOVER_H

#include "core/attr.h"
#include "core/err.h"

struct hls;

/**
 * Read the playlist, and put its segments into the lane. A playlist that is missing is no error: the numbers begin at 0. One that
 * cannot be read, or is not written at all (`hls_storage memory`), is none either: the numbers begin with the time in seconds
 * since 1970, which is beyond all that a former run has given. A lane whose plan has begun is left alone.
 *
 * Errors     out of memory, E_THREAD_INTERRUPTED
 * Yields     yes, while a thread reads
 */
struct err *hls_recover(struct hls *h) ATTR_MUST_USE;

#endif
