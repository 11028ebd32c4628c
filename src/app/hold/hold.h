/**
 * `publish { hold 10s; }`: players of a stream stay when its publisher leaves, and go on when it is back. It is an attendant
 * (source/attend.h); its row is in app/attendants.c.
 *
 * The source is held (source.h) from the end of a publish on. This attendant ends the hold: when its time is over, when a reload
 * takes the directive away, and when the server ends.
 */
#ifndef APP_HOLD_HOLD_H
#define APP_HOLD_HOLD_H

#include <stdbool.h>

#include "app/conf/conf.h"
#include "core/attr.h"
#include "core/err.h"

struct attendance;
struct sources;

/** True if the vhost wants its streams held. */
bool hold_is_wanted(const struct conf_vhost *vhost);

/**
 * Let the stream be held, and end each hold in time, until the attendance is over.
 *
 * Errors     E_THREAD_INTERRUPTED
 * Yields     yes
 */
struct err *hold_run(struct attendance *a) ATTR_MUST_USE;

/** End all holds, and hold no stream any more: the server ends. Does not yield. */
void hold_end_all(struct sources *all);

#endif
