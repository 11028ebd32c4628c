/**
 * Timeshift over HTTP: playlists of the past, made from the index of a stream (timeshift_folder.h), for viewers as all playlists.
 *
 * The stream need not be live, nor known to this run of the server. A playlist is made by a thread, is good for a second, and
 * is the same for all that ask for the same.
 */
#ifndef APP_HLS_TIMESHIFT_H
#define APP_HLS_TIMESHIFT_H

#include <stdbool.h>

#include "app/conf/conf.h"
#include "core/attr.h"
#include "core/err.h"
#include "protocol/http/exchange.h"

/** True if segments of the vhost's streams, which may be NULL, are kept for timeshift. */
bool hls_timeshift_is_kept(const struct conf_vhost *vhost);

/** Reply if the request is for a playlist of the past; otherwise *taken is false, and nothing has been done. Yields. */
struct err *hls_timeshift_handle(struct http_exchange *x, bool *taken) ATTR_MUST_USE;

#endif
