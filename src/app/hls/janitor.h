/**
 * Has a thread remove the files of HLS whose time is over and that no stream looks after: see timeshift_sweep.h and leftovers.h.
 *
 * One thread works at a time, so that a disk that hangs holds one, and the loop never waits for it.
 */
#ifndef APP_HLS_JANITOR_H
#define APP_HLS_JANITOR_H

/** A coroutine that starts the thread now and then, until it is cancelled. `arg` is the struct server. */
void hls_janitor_run(void *arg);

#endif
