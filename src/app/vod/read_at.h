/**
 * Bytes of a file at an offset.
 *
 * Yields     no. It blocks on the disk
 */
#ifndef APP_VOD_READ_AT_H
#define APP_VOD_READ_AT_H

#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/err.h"

/** Read bytes, or fewer at the end of the file: *n tells. Errors: E_SYSTEM_FILE_READ. */
struct err *vod_read_at(int fd, int64_t at, void *bytes, size_t len, size_t *n) ATTR_MUST_USE;

#endif
