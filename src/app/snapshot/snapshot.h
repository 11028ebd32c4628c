/**
 * Pictures in files (`snapshot`): of each published stream, in an interval. It is an attendant (source/attend.h); its row is in
 * app/attendants.c.
 *
 * The first picture is made as soon as there is a key frame. One that cannot be made or written is left out, which the log tells once
 * for all that follow each other; a disk that hangs costs pictures and nothing else.
 */
#ifndef APP_SNAPSHOT_SNAPSHOT_H
#define APP_SNAPSHOT_SNAPSHOT_H

#include <stdbool.h>

#include "app/conf/conf.h"
#include "core/attr.h"
#include "core/err.h"

struct attendance;

bool snapshot_is_wanted(const struct conf_vhost *vhost);

/**
 * Write pictures until the attendance is over.
 *
 * Errors     out of memory, E_THREAD_INTERRUPTED
 * Yields     yes
 */
struct err *snapshot_run(struct attendance *a) ATTR_MUST_USE;

#endif
