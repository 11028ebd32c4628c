/**
 * What a player needs before the tags from the middle of an FLV file: header and codec configurations of its beginning.
 *
 * Yields     no
 */
#ifndef APP_HTTP_FLV_SEEK_H
#define APP_HTTP_FLV_SEEK_H

#include <stdbool.h>

#include "core/rd.h"
#include "core/wr.h"

/* How far into the file the configurations are looked for, behind the metadata with its index; and their size. */
enum { FLV_SEEK_LOOK_BYTES = 1 << 20, FLV_SEEK_HEAD_MAX = 64 << 10 };

/** Write it. False when the file is no FLV, or the configurations are too large. */
bool flv_seek_head(struct rd file, struct wr *out);

#endif
