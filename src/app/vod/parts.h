/**
 * Parts of recorded files, found on threads and kept for a while: a browser asks for one part in many ranges.
 *
 * Ownership  counted
 * Threads    all functions belong to the loop
 */
#ifndef APP_VOD_PARTS_H
#define APP_VOD_PARTS_H

#include <stdint.h>
#include <sys/stat.h>

#include "app/vod/find_part.h"
#include "core/attr.h"
#include "core/err.h"

/* Most parts that are kept, and most bytes of their heads together. */
enum { VOD_PARTS_MAX = 64, VOD_PARTS_BYTES_MAX = 32 << 20 };

struct vod_part {
    int              refs;
    struct vod_found is;
};

/**
 * Find a part of a file.
 *
 * Shape      `fd` and `st` belong together. The part is that of the file as it was then
 * Ownership  borrows the descriptor during the call; the caller drops *part
 * Errors     those of vod_find_part() and offload(); E_LIMIT: too much memory is held, or too many others wait
 * Yields     yes
 */
struct err *vod_parts_get(struct vod_part **part, int fd, const struct stat *st,
                          const struct vod_wish *wish) ATTR_MUST_USE;

/** Drop the reference; *part becomes NULL, and may be NULL before. */
void vod_part_unref(struct vod_part **part);

#endif
