/**
 * The bytes that a player needs before tags from the middle of an FLV file: file header and codec configurations.
 *
 * Yields     no
 */
#ifndef APP_HTTP_FLV_SEEK_H
#define APP_HTTP_FLV_SEEK_H

#include <stdbool.h>

#include "core/rd.h"
#include "core/wr.h"

/* Bytes of the file in which the configurations are searched (metadata with an index comes first); their largest size. */
enum { FLV_SEEK_LOOK_BYTES = 1 << 20, FLV_SEEK_HEAD_MAX = 64 << 10 };

/** Write these bytes. False if the file is no FLV, or the configurations are too large. */
bool flv_seek_head(struct rd file, struct wr *out);

#endif
