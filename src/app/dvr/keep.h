/**
 * How long recordings are kept: by age, by their size together, and by the room that the disk is to have (`dvr_keep_age`,
 * `dvr_keep_size`, `dvr_keep_free`).
 *
 * Of each vhost the oldest recordings go first. A file that is being recorded is never removed, nor is one that the server has not written,
 * or that has changed since (note.h).
 */
#ifndef APP_DVR_KEEP_H
#define APP_DVR_KEEP_H

/** A coroutine that removes what is not kept, until it is cancelled. `arg` is the struct server. */
void dvr_keep_run(void *arg);

#endif
