/**
 * `x.flv?start=12.5` and `x.mp4?start=12.5`: a file from a time on.
 *
 * Shape      start: seconds. In FLV a whole number is a byte, as players of Flash say it and SRS reads it; with a fraction or an "s" it is
 *            a time ("12.0", "12s"). end: seconds
 */
#ifndef APP_HTTP_FILE_PART_H
#define APP_HTTP_FILE_PART_H

#include <stdbool.h>
#include <stdint.h>

#include "app/http/served_file.h"
#include "app/vod/parts.h"
#include "core/attr.h"
#include "core/err.h"
#include "protocol/http/exchange.h"
#include "protocol/http/mime.h"

/** Read what the request wants of the file. False: it asks for no time. */
bool file_part_is_wanted(const struct http_request *r, const struct http_mime *mime, struct vod_wish *wish);

/** Send bytes of a part as the body of a reply: `at` counts from the beginning of the part. Yields. */
struct err *file_part_send(struct http_exchange *x, struct served_file *f, const struct vod_found *part, int64_t at,
                           int64_t len) ATTR_MUST_USE;

static inline int64_t file_part_len(const struct vod_found *part)
{
    return (int64_t)part->head_len + part->to - part->from;
}

#endif
