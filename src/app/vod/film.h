/**
 * A recorded file as a player gets it: FLV tags in their order, from any time on.
 *
 *     vod_film_open(&f, root, path)
 *     vod_film_seek(&f, us)                        to the last key frame at this time or before it
 *     while (!vod_film_read(&f, &tags) && rd_left(&tags))
 *         flv_read_tag(&tags, &tag) …              first metadata with the duration, then configurations, then frames
 *     vod_film_close(&f)
 *
 * MP4 becomes FLV: H.264 and AAC in the classic form, HEVC and AV1 in the enhanced one. Threads read the file.
 *
 * Shape      path: below `root`; it ends with ".flv", or with ".mp4" and the like
 * Units      tags have the times of the file, in milliseconds
 * Ownership  a thread may still use the film when a call has failed, so the film is gone then: *f is NULL
 * Errors     E_SYSTEM_FILE_NOT_EXISTS: there is no such file below the folder; E_SYSTEM_FILE_READ; E_LIMIT: a tag that is too large,
 *            or a file that cannot be read; those of offload()
 * Yields     all but vod_film_close()
 */
#ifndef APP_VOD_FILM_H
#define APP_VOD_FILM_H

#include <stdint.h>

#include "core/attr.h"
#include "core/err.h"
#include "core/rd.h"

struct vod_film;

struct err *vod_film_open(struct vod_film **f, const char *root, const char *path) ATTR_MUST_USE;

struct err *vod_film_seek(struct vod_film **f, int64_t us) ATTR_MUST_USE;

/** Read the next tags. They are borrowed until the next call; none at the end. */
struct err *vod_film_read(struct vod_film **f, struct rd *tags) ATTR_MUST_USE;

/** Take a film that is NULL, too. */
void vod_film_close(struct vod_film **f);

#endif
