/**
 * Paths on the disk, and whether a file with such a path is one that a template (segment/template.h) gives.
 *
 * Paths are compared by their text alone, so that nothing waits for a disk: symbolic links are not followed.
 *
 * Yields     no
 */
#ifndef APP_SEGMENT_FILE_PATH_H
#define APP_SEGMENT_FILE_PATH_H

#include <stdbool.h>

#include "app/segment/template.h"
#include "core/attr.h"

enum { FILE_PATH_CAP = 3 << 10 };

/** The absolute path of what is `below` a folder, without empty steps, `.` and `..`. False if it is too long. */
bool file_path_make(char path[static FILE_PATH_CAP], const char *dir, const char *below) ATTR_MUST_USE;

/** The same, without the ending that a file has while it is written: a crash may leave it under its temporary name. */
bool file_path_final(char path[static FILE_PATH_CAP], const char *dir, const char *below) ATTR_MUST_USE;

/** True if the absolute path is the one `below` a folder, or lies in it. */
bool file_path_is_in(const char *path, const char *dir, const char *below);

/**
 * True if the template may give the absolute path, for a file below the folder.
 *
 * Shape      names: those that the variables stand for; NULL: any. Other variables stand for anything. No variable is empty. The time is
 *            bounded by the lengths of both
 */
bool file_path_is_made_by(const char *path, const char *dir, const char *template, const struct template_names *names);

#endif
