/**
 * Recordings that are removed: the file, its note, and the folders above it that are empty then. A thread does it. A file that is being
 * recorded, or that is not as its note says, is left alone.
 */
#ifndef APP_DVR_REMOVAL_H
#define APP_DVR_REMOVAL_H

#include "app/conf/conf.h"
#include "app/dvr/counts.h"
#include "app/dvr/note.h"
#include "core/attr.h"
#include "core/err.h"

/**
 * Remove a complete recording. Whatever is found, it leaves the catalogue, unless the removal failed.
 *
 * Shape      by: for the counts; conf: folders are removed below that of its vhost's `dvr_path` alone
 * Returns    *result: NOTE_REMOVED, NOTE_NOT_OURS: the file is another one and stays, NOTE_FAILED: it could not be removed, or is not
 *            complete, or is being removed already
 * Errors     E_SOCKET_TIMEOUT: the disk is slow, and it is removed later; those of offload()
 * Yields     yes
 */
struct err *dvr_remove(struct dvr_recording *r, const struct conf *conf, enum dvr_removed_by by,
                       enum note_removal *result) ATTR_MUST_USE;

#endif
