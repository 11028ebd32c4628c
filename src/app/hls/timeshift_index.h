/**
 * The index of one stream's timeshift, as it is written: a line for each segment that is on the disk.
 *
 * What a former run has left is read first, by a thread, so that numbers go on; until then nothing is written. Lines go through the
 * file writer of the stream, behind the segments that they name. Segments that are in the index are not removed with the live
 * playlist (timeshift_sweep.h removes them).
 *
 * Ownership  belongs to its struct hls
 * Yields     only hls_timeshift_recover()
 */
#ifndef APP_HLS_TIMESHIFT_INDEX_H
#define APP_HLS_TIMESHIFT_INDEX_H

#include <stdbool.h>

#include "core/attr.h"
#include "core/err.h"

struct hls;
struct segment;

/* Segments that wait for the disk stay in memory beyond the window, at most this many. */
enum { HLS_TIMESHIFT_AWAITED_MAX = 64 };

/**
 * Continue the index of a former run, and with it the numbers of the plan, so that no file is written over.
 *
 * Errors     out of memory, E_THREAD_INTERRUPTED; one of the disk is logged
 * Yields     yes, while a thread reads
 */
struct err *hls_timeshift_recover(struct hls *h) ATTR_MUST_USE;

/** Write the lines of the segments that are on the disk, and in no index yet. Does nothing without `hls_timeshift`. */
void hls_timeshift_note(struct hls *h);

/** The stream ends: write the lines of segments that are on their way to the disk as well. */
void hls_timeshift_note_last(struct hls *h);

/** True if the segment will be in the index, but is not yet: it must not leave before. */
bool hls_timeshift_awaits(const struct hls *h, const struct segment *s);

/** Takes a struct hls without one. */
void hls_timeshift_leave(struct hls *h);

#endif
