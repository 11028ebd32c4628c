/**
 * `exec`: programs that run while a stream is published. It is an attendant (source/attend.h); its row is in app/attendants.c.
 *
 * Each line `publish` of the vhost is one program. It starts with the publish and ends with it; program/program.h says how it is
 * started again when it ends by itself. A reload ends the programs whose lines are gone, starts those of new lines, and leaves the
 * others alone. If another publisher takes the stream over, the programs are started again for it.
 */
#ifndef APP_EXEC_EXEC_H
#define APP_EXEC_EXEC_H

#include <stdbool.h>

#include "app/conf/conf.h"
#include "core/attr.h"
#include "core/err.h"

struct attendance;

/* Largest number of programs of a stream. */
enum { EXEC_PROGRAMS_MAX = 16 };

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
