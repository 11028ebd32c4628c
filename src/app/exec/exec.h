/**
 * `exec`: programs that run while a stream is published. An attendant (source/attend.h): its row stands in app/attendants.c.
 *
 * Each line `publish` of the vhost is one program. It starts with the publish and ends with it, by SIGTERM, then SIGKILL. One that
 * ends by itself is started again: after EXEC_PAUSE_US if it has run for a while, after up to EXEC_PAUSE_MAX_US if it keeps ending
 * at once. A reload ends the programs whose lines are gone, starts those of new lines, and leaves the others alone. Another
 * publisher that takes the stream over gets programs of its own.
 */
#ifndef APP_EXEC_EXEC_H
#define APP_EXEC_EXEC_H

#include <stdbool.h>

#include "app/conf/conf.h"
#include "core/attr.h"
#include "core/clock.h"
#include "core/err.h"

struct attendance;

/* Programs of one stream; a program that has run for less than EXEC_QUICK_US doubles the pause before the next start. */
enum {
    EXEC_PROGRAMS_MAX = 16,
    EXEC_PAUSE_US = 3 * US_PER_SECOND,
    EXEC_PAUSE_MAX_US = 60 * US_PER_SECOND,
    EXEC_QUICK_US = 10 * US_PER_SECOND,
};

/** Whether the vhost wants programs. */
bool exec_is_wanted(const struct conf_vhost *vhost);

/**
 * Run them for a stream, until the attendance is over and all have ended.
 *
 * Errors     out of memory, a cancel
 * Yields     yes
 */
struct err *exec_run(struct attendance *a) ATTR_MUST_USE;

#endif
