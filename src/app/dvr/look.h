/**
 * A look for recordings of earlier runs of the server, below the folders of each `dvr_path`: files that a kill has left are completed
 * (rescue.h), and the notes of complete ones (note.h) fill the catalogue.
 */
#ifndef APP_DVR_LOOK_H
#define APP_DVR_LOOK_H

#include <stdbool.h>

/** True when the first look is over: the catalogue has what was there at the start. Does not yield. */
bool dvr_look_is_over(void);

/** A coroutine that has a thread look at the start, and again when a reload records more. `arg` is the struct server. */
void dvr_look_run(void *arg);

#endif
