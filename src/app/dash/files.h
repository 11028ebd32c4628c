/**
 * When the files of a stream's DASH are written: each complete row with the MPD that lists it, as one batch.
 *
 * If the disk refuses, is full, or hangs, rows are left out of the files, and the MPD on the disk does not list them; viewers get
 * them from memory all the same.
 *
 * Yields     no
 */
#ifndef APP_DASH_FILES_H
#define APP_DASH_FILES_H

struct dash;

/** Write the rows that have become complete. */
void dash_files_follow(struct dash *d);

#endif
