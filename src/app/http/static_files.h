/**
 * Files over HTTP, from `http_static` mounts or from `http_server.dir`.
 *
 * It serves ranges, conditional requests, gzip of text, and the ways in which players seek: by time (file_part.h), `x.flv?start=N` (a
 * file header, the codec configurations and everything from byte N), and `x.mp4?range=a-b` or `?bytes=a-b`.
 */
#ifndef APP_HTTP_STATIC_FILES_H
#define APP_HTTP_STATIC_FILES_H

#include <stdbool.h>

#include "app/conf/conf.h"
#include "core/attr.h"
#include "core/err.h"
#include "protocol/http/exchange.h"

/** Reply with the file that the request's path names. It is the handler of a route. Yields. */
struct err *static_files_handle(struct http_exchange *x) ATTR_MUST_USE;

/** Reply with the file `below` in the folder `dir`, whatever the request's path. Both are copied. Yields. */
struct err *static_files_reply(struct http_exchange *x, const char *dir, const char *below) ATTR_MUST_USE;

/** True if the path is below a mount of a vhost other than "/". Such a mount goes before streams that are not published. */
bool static_files_own(const struct conf *conf, const struct http_request *r);

#endif
