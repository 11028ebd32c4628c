/**
 * The files of a stream's DASH, one by one, by a file writer of the stream. dash/files.h says which are written when.
 *
 * Files have the names under which they are on the shelf, below `dash_path`. While a file is written, its name ends with `.tmp`.
 *
 * Ownership  belongs to its struct dash; segments are held until they are written
 * Yields     no
 */
#ifndef APP_DASH_DISK_H
#define APP_DASH_DISK_H

#include <stdbool.h>
#include <stddef.h>

#include "core/attr.h"
#include "core/blob.h"
#include "core/err.h"

struct dash;
struct segment;

/** Make the writer of d->writer. */
struct err *dash_disk_open(struct dash *d) ATTR_MUST_USE;

/** What is queued is still written. Does nothing without a writer. */
void dash_disk_leave(struct dash *d);

/** Queue a file. False: it is lost, and counted. */
bool dash_disk_put_segment(struct dash *d, const char *path, struct segment *s) ATTR_MUST_USE;
bool dash_disk_put_blob(struct dash *d, const char *path, struct blob *bytes) ATTR_MUST_USE;

/** Remove a file, unless the configuration keeps files. */
void dash_disk_remove(struct dash *d, const char *path);

/** Remove the folder of the segments, if it is empty. */
void dash_disk_remove_folder(struct dash *d);

#endif
