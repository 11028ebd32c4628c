/**
 * The files of a stream's HDS.
 *
 * Yields     no
 */
#ifndef APP_HDS_FILES_H
#define APP_HDS_FILES_H

#include "core/attr.h"
#include "core/err.h"

struct hds;
struct hds_entry;

struct err *hds_files_open(struct hds *h) ATTR_MUST_USE;

/** What is queued is still written. */
void hds_files_leave(struct hds *h);

/** Write the newest fragment, then the bootstrap and the manifest that name it, as one batch. */
void hds_files_add(struct hds *h, struct hds_entry *entry);

/** Remove a file. */
void hds_files_remove(struct hds *h, const char *path);

#endif
