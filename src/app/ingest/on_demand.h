/**
 * Ingests that run while their stream has players: `ingest { on_demand on; }`. It is an attendant (source/attend.h); its row is in
 * app/attendants.c.
 *
 * The output of an ingest says which stream it makes; it must be one of the ingest's own vhost. The program starts with the first reader
 * of that stream, unless another client publishes it, and ends `linger` after the last one has left. In between it is
 * supervised as all programs are (program/program.h).
 */
#ifndef APP_INGEST_ON_DEMAND_H
#define APP_INGEST_ON_DEMAND_H

#include <stdbool.h>

#include "app/conf/conf.h"
#include "core/attr.h"
#include "core/err.h"

struct attendance;
struct source;

/* Most programs of one stream. */
enum { ON_DEMAND_PROGRAMS_MAX = 4 };

/** True if the vhost has an ingest on demand. Does not yield. */
bool on_demand_is_wanted(const struct conf_vhost *vhost);

/** True if an ingest on demand makes this stream; false, too, when memory is out. Does not yield. */
bool on_demand_brings(const struct source *s);

/**
 * Run the ingests of a stream while it is watched, until the attendance is over or `linger` is, and all programs have ended.
 *
 * Errors     out of memory, E_THREAD_INTERRUPTED
 * Yields     yes
 */
struct err *on_demand_run(struct attendance *a) ATTR_MUST_USE;

#endif
