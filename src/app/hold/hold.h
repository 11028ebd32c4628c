/**
 * `publish { hold 10s; backup STREAM; slate FILE; }`: players of a stream stay when its publisher leaves, get another stream or a clip
 * meanwhile, and go on when it is back. It is an attendant (source/attend.h); its row is in app/attendants.c.
 *
 * The source is held (source.h) from the end of a publish on. This attendant ends the hold: when its time is over, when a reload
 * takes the directive away, and when the server ends. It also brings the frames of the backup, for as long as that is live,
 * and otherwise those of the slate.
 */
#ifndef APP_HOLD_HOLD_H
#define APP_HOLD_HOLD_H

#include <stdbool.h>

#include "app/conf/conf.h"
#include "core/attr.h"
#include "core/err.h"

struct attendance;
struct sources;

/* How long a stream is held that has a stand-in, but no `hold`. */
#define HOLD_UNSAID_US (INT64_C(3600) * 1000000)

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
