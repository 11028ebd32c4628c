/**
 * Recordings that a kill has left under their temporary names: they are completed and get their names.
 *
 * At the start, a thread looks below the folders of each `dvr_path` for files whose names the template gives. A recorder that begins a
 * file has its writer complete one of the same name first. Files that this run of the server has touched are left alone.
 */
#ifndef APP_DVR_RESCUE_H
#define APP_DVR_RESCUE_H

#include "app/dvr/format.h"

/** On a thread: complete the file, if it is there and was left by another run. */
void dvr_rescue_file(const struct dvr_format *format, const char *temporary, const char *path);

/** Note that this run of the server begins: what was written before is left by another one. */
void dvr_rescue_begin(void);

/** A coroutine that has a thread look for all of them once. `arg` is the struct server. */
void dvr_rescue_run(void *arg);

#endif
