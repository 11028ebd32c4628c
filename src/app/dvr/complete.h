/**
 * The end of a recorded file: it is completed, and gets its last name.
 *
 * Everything here blocks on the disk, so it is called on a thread.
 */
#ifndef APP_DVR_COMPLETE_H
#define APP_DVR_COMPLETE_H

#include <stdbool.h>

#include "app/dvr/format.h"
#include "app/dvr/recording.h"
#include "core/attr.h"
#include "core/err.h"

/** The ending of a file that is not complete. */
#define DVR_TEMPORARY ".tmp"

/**
 * Complete the file `temporary` and rename it to `path`, with its duration in the place of [duration]. If there is such a file, the
 * name gets a number. A file that holds nothing is removed; one that cannot be completed gets its name as it is. The note of the
 * temporary file becomes one of the complete file.
 *
 * Shape      facts: as for complete() of a format; r: what the note says, NULL: it gets none; was_killed: its end is a gap
 * Ownership  *final belongs to the caller; NULL after an error
 * Errors     those of the system; E_SYSTEM_FILE_EOF: it held nothing
 */
struct err *dvr_complete(const struct dvr_format *format, const char *temporary, const char *path, char **final,
                         struct dvr_facts *facts, struct dvr_recording *r, bool was_killed) ATTR_MUST_USE;

#endif
