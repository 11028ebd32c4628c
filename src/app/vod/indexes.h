/**
 * Indexes of FLV files that have none: the key frames that walks over their tags have seen, kept for later seeks.
 *
 * Ownership  counted; an index never changes, so a thread may read it
 * Threads    all functions belong to the loop
 */
#ifndef APP_VOD_INDEXES_H
#define APP_VOD_INDEXES_H

#include <stdbool.h>
#include <sys/stat.h>

#include "kernel/flv_head.h"

/* Most indexes that are kept; each has some 56 KiB. */
enum { VOD_INDEXES_MAX = 64 };

struct vod_index {
    int              refs;
    struct flv_index keys;
};

/** The index of a file, with a reference for the caller; NULL: none is kept. */
struct vod_index *vod_indexes_find(const struct stat *st);

/** Keep an index, unless a longer one is kept. Takes the entries of `keys`. */
void vod_indexes_keep(const struct stat *st, struct flv_index *keys);

/** Drop the reference; *ix becomes NULL, and may be NULL before. */
void vod_index_unref(struct vod_index **ix);

/** True if both describe the same version of a file. */
bool vod_is_same_file(const struct stat *a, const struct stat *b);

#endif
