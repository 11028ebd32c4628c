/**
 * The name of a recorded file, and the recording that goes on under it.
 *
 * Yields     no
 */
#ifndef APP_DVR_FILE_NAME_H
#define APP_DVR_FILE_NAME_H

#include <stdint.h>

#include "app/dvr/file_state.h"
#include "core/attr.h"
#include "core/err.h"

/**
 * Give a file its name by `dvr_path`, and the format of that: a number stands behind it if it is taken, or if the last part of a recording
 * that goes on has one.
 *
 * Errors     as dvr_name_make() and open_files_take_name()
 */
struct err *file_name_give(struct dvr_file *f, const struct dvr_subject *s, int64_t wall_us) ATTR_MUST_USE;

/** The recording that goes on in a file with a name; NULL: there is none. Borrowed. */
struct dvr_recording *file_name_find_resumable(const struct dvr_file *f, const struct dvr_subject *s);

#endif
