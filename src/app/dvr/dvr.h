/**
 * Recording (`dvr`): published streams are written to files. It is an attendant (source/attend.h); its row is in
 * app/attendants.c.
 *
 * Plan session: a file for each publish. Plan segment: another file after each `dvr_duration`, at a key frame unless the file
 * says otherwise. Plan append: all publishes go on in one file. The API starts and stops
 * recordings as well (orders.h). A reload that changes how a stream is recorded ends the file properly, and the next one begins at the next key
 * frame. A recorder is no player: it reads the log by a cursor, and neither wakes the pacer nor counts as audience.
 *
 * A disk that is full, read-only or frozen costs frames of the file, and nothing else. The file goes on at the next key frame
 * after it; if its beginning was lost, another one is tried after a pause.
 */
#ifndef APP_DVR_DVR_H
#define APP_DVR_DVR_H

#include <stdbool.h>

#include "app/conf/conf.h"
#include "core/attr.h"
#include "core/err.h"

struct attendance;

bool dvr_is_wanted(const struct conf_vhost *vhost);

/**
 * Record a stream until the attendance is over and its files are complete; for the latter it waits for a bounded time.
 *
 * Errors     out of memory, E_THREAD_INTERRUPTED
 * Yields     yes
 */
struct err *dvr_run(struct attendance *a) ATTR_MUST_USE;

#endif
