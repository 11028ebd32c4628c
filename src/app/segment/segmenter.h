/**
 * The segmenter of a stream: an attendant (source/attend.h) that reads the log and hands each frame to the plans of the show.
 */
#ifndef APP_SEGMENT_SEGMENTER_H
#define APP_SEGMENT_SEGMENTER_H

#include <stdbool.h>

#include "app/conf/conf.h"
#include "core/attr.h"
#include "core/err.h"

struct attendance;

/** True if any view is wanted. */
bool segmenter_is_wanted(const struct conf_vhost *vhost);

/**
 * Cut the stream until the attendance is over.
 *
 * Errors     out of memory, E_LIMIT, E_THREAD_INTERRUPTED
 * Yields     yes
 */
struct err *segmenter_run(struct attendance *a) ATTR_MUST_USE;

#endif
