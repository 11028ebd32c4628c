/**
 * Files of views (segment/view.h) that the HTTP server would give to everybody: as `http_static`, from `http_server.dir`, or through
 * another vhost.
 *
 * What is on the shelf is asked for at the door. Its files lie in a folder that may be served as well, under the same path, under another
 * spelling of it, or after they have left the playlist. Each view says whose file it is, and who may have it.
 */
#ifndef APP_HTTP_FILE_GUARD_H
#define APP_HTTP_FILE_GUARD_H

#include <stdbool.h>

#include "app/conf/conf.h"
#include "core/attr.h"
#include "core/err.h"
#include "protocol/http/exchange.h"

/** Why the client may not have the file `below` a folder; NULL: it may. Does not yield. */
struct err *file_guard_check(const struct http_exchange *x, const struct conf *conf, const char *dir,
                             const char *below) ATTR_MUST_USE;

/** Refuse the request if it is for such a file; otherwise *taken is false, and nothing has been done. Yields. */
struct err *file_guard_handle(struct http_exchange *x, bool *taken) ATTR_MUST_USE;

#endif
