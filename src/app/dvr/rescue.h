/**
 * Recordings that a kill has left under their temporary names: they are completed and get their names.
 *
 * At the start, a thread looks below the folders of each `dvr_path` for files whose names the template gives. A recorder that begins a
 * file has its writer complete one of the same name first. Files that this run of the server has touched are left alone. The same look
 * finds the notes of complete files (note.h), and fills the catalogue.
 */
#ifndef APP_DVR_RESCUE_H
#define APP_DVR_RESCUE_H

#include <stdbool.h>

#include "app/conf/conf.h"
#include "app/dvr/format.h"
#include "app/dvr/recording.h"
#include "core/attr.h"
#include "core/err.h"

/**
 * Complete the file, if it is there and was left by another run. Called on a thread.
 *
 * Ownership  the caller owns the result: the recording, if it had a note; NULL otherwise
 */
struct dvr_recording *dvr_rescue_file(const struct dvr_format *format, const char *temporary,
                                      const char *path) ATTR_MUST_USE;

/**
 * Note that this run of the server begins: what was written before is left by another one. To be called before anybody can publish. If
 * anything is recorded it waits until files get later times: a server may be started again within milliseconds of a kill.
 *
 * Errors     E_THREAD_INTERRUPTED
 * Yields     yes
 */
struct err *dvr_rescue_begin(const struct conf *conf) ATTR_MUST_USE;

/** True when the first look is over: the catalogue has what was there at the start. */
bool dvr_rescue_has_looked(void);

/** A coroutine that has a thread look for all of them, and again when a reload records more. `arg` is the struct server. */
void dvr_rescue_run(void *arg);

#endif
