/**
 * `exec`: programs that run while a stream is published. It is an attendant (source/attend.h); its row is in app/attendants.c.
 *
 * Each line `publish` of the vhost is one program. It starts with the publish and ends with it, by SIGTERM, then SIGKILL. A program
 * that ends by itself is started again after EXEC_PAUSE_US. If it ends soon again and again, the pause grows to EXEC_PAUSE_MAX_US.
 * A reload ends the programs whose lines are gone, starts those of new lines, and leaves the others alone. If another publisher
 * takes the stream over, the programs are started again for it.
 */
#ifndef APP_EXEC_EXEC_H
#define APP_EXEC_EXEC_H

#include <stdbool.h>

#include "app/conf/conf.h"
#include "core/attr.h"
#include "core/clock.h"
#include "core/err.h"

struct attendance;

/* Largest number of programs of a stream, and the pauses before starts. A run shorter than EXEC_QUICK_US doubles the next pause. */
enum {
    EXEC_PROGRAMS_MAX = 16,
    EXEC_PAUSE_US = 3 * US_PER_SECOND,
    EXEC_PAUSE_MAX_US = 60 * US_PER_SECOND,
    EXEC_QUICK_US = 10 * US_PER_SECOND,
};

/** True if the vhost wants programs. */
bool exec_is_wanted(const struct conf_vhost *vhost);

/**
 * Run the programs of a stream, until the attendance is over and all programs have ended.
 *
 * Errors     out of memory, E_THREAD_INTERRUPTED
 * Yields     yes
 */
struct err *exec_run(struct attendance *a) ATTR_MUST_USE;

#endif
