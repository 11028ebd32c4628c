/**
 * Files of HLS that have left the playlist and stay for timeshift: segments, init segments and keys, served from `hls_path`, wherever
 * that lies, to viewers as long as they were listed.
 *
 * Which stream a file is of is told by its path, and checked by the id of its viewer (viewer_id.h).
 */
#ifndef APP_HLS_OLD_FILES_H
#define APP_HLS_OLD_FILES_H

#include <stdbool.h>

#include "core/attr.h"
#include "core/err.h"
#include "protocol/http/exchange.h"

/** Reply if the request is for such a file of a vhost with `hls_timeshift`; otherwise *taken is false. Yields. */
struct err *hls_old_files_handle(struct http_exchange *x, bool *taken) ATTR_MUST_USE;

#endif
