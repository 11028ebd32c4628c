/**
 * The note of a recorded file: what no name can tell of it, in a hidden file beside it.
 *
 *     rec/live/cam.1795151217800.flv          rec/live/.cam.1795151217800.flv.dvr
 *
 * A note is one JSON object (recording.h), with the end of the file if it is a transport stream. By it the recordings are found again at the next start, and it says that the file is one that
 * the server has written: without a note, or with another length than its note says, a file is never removed.
 *
 * Everything here blocks on the disk, so it is called on a thread.
 *
 * Yields     no
 */
#ifndef APP_DVR_NOTE_H
#define APP_DVR_NOTE_H

#include <stdbool.h>
#include <stdint.h>

#include "app/dvr/recording.h"
#include "core/attr.h"
#include "core/err.h"

#define NOTE_ENDING ".dvr"

enum { NOTE_BYTES_MAX = 32 << 10 };

/** True if a file of this name, without folders, is a note. */
bool note_is_one(const char *name);

/** A note is written under its name with this at its end, and renamed. */
#define NOTE_TEMPORARY ".new"

/** The path of the note of a file. NULL: it is too long, or memory is out. The caller releases it with mem_free(). */
char *note_path(const char *of) ATTR_MUST_USE;

/** Make the text of a note. NULL when memory is out. The caller releases it with mem_free(). Does not block. */
char *note_text(const struct dvr_recording *r, const struct dvr_facts *facts) ATTR_MUST_USE;

/** Write the note of the file `path`; missing folders are made. Errors: those of the system, out of memory. */
struct err *note_write(const char *path, const struct dvr_recording *r, const struct dvr_facts *facts) ATTR_MUST_USE;

/** Read the note of the file `path`. NULL: there is none of use, or memory is out. The caller owns the result. */
struct dvr_recording *note_read(const char *path) ATTR_MUST_USE;

/** Make a recording of the text of a note. NULL: it is none, or memory is out. */
struct dvr_recording *note_parse(const char *text, size_t len, const char *path) ATTR_MUST_USE;

/** Remove the note of the file `path`. */
void note_remove(const char *path);

/**
 * Write the path of the file that the note `name` in `folder` belongs to.
 *
 * Returns    false: it is no note, or the path is too long
 */
bool note_subject(const char *folder, const char *name, char *path, size_t cap) ATTR_MUST_USE;

/**
 * Have a complete file recorded again: it and its note get the temporary name. The file must be as its note says, with this id and
 * length.
 *
 * Errors     those of the system; E_SYSTEM_FILE_OPEN: it is another file, and stays as it is
 */
struct err *note_reopen(const char *path, const char *temporary, const char *id, int64_t bytes) ATTR_MUST_USE;

enum note_removal { NOTE_REMOVED, NOTE_NOT_OURS, NOTE_FAILED };

/** Remove a file that was recorded, with its note. The file is ours if its note has this id and both have the same length. */
enum note_removal note_remove_file(const char *path, const char *id);

#endif
