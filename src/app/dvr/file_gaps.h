/**
 * What a recorded file lacks: what the disk has lost of it, its gaps, and its note, which tells them after a kill.
 *
 * Yields     no
 */
#ifndef APP_DVR_FILE_GAPS_H
#define APP_DVR_FILE_GAPS_H

#include <stdbool.h>
#include <stdint.h>

#include "app/dvr/file_state.h"

/** Note how far the file is on the disk. */
void dvr_file_note_written(struct dvr_file *f);

/** Look whether more was lost since the last call; why: the reason of the newest loss. */
bool dvr_file_note_lost(struct dvr_file *f, enum gap_reason *why);

/** Note a gap: from_us, to_us are times of the stream, between which the file has nothing; what is before its beginning is at 0, or
 * where it was resumed. */
void dvr_file_gap(struct dvr_file *f, int64_t from_us, int64_t to_us, enum gap_reason reason);

/** Have the note of the file `of` written, with the gaps so far. Without memory there is none, and the file is recorded all the same. */
void dvr_file_put_note(struct dvr_file *f, const char *of);

#endif
