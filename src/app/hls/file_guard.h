/**
 * Files of HLS that the HTTP server would give to everybody: as `http_static`, from `http_server.dir`, or through another vhost.
 *
 * What is on the shelf is asked for at the door (serve.h). Its files lie in a folder that may be served as well, under the same path,
 * under another spelling of it, or after they have left the playlist. Where the rules of the vhost could refuse a viewer, such a
 * file is for viewers of its stream alone. Without rules, or with `hls_ctx off`, files are files; with `hls_ts_ctx off` segments are.
 *
 * Keys are for viewers in any case, unless `hls_ctx off`, and the folder in which the server keeps its own notes (`.hls`) is for nobody.
 *
 * A file is recognised by its path, which must fit the templates of the vhost (`hls_m3u8_file`, `hls_ts_file` …); symbolic links
 * are not followed.
 */
#ifndef APP_HLS_FILE_GUARD_H
#define APP_HLS_FILE_GUARD_H

#include <stdbool.h>

#include "app/conf/conf.h"
#include "app/hls/viewer_id.h"
#include "core/attr.h"
#include "core/err.h"
#include "protocol/http/exchange.h"

/** Refuse the request if it is for such a file; otherwise *taken is false, and nothing has been done. Yields. */
struct err *hls_file_guard_handle(struct http_exchange *x, bool *taken) ATTR_MUST_USE;

/**
 * True if a file of the vhost's HLS has this path and is for viewers alone.
 *
 * Shape      path: absolute, without empty steps, `.` and `..`; of: the names must be those of this stream; NULL: of any
 * Yields     no
 */
bool hls_file_guard_keeps(const struct conf_vhost *vhost, const char *path, const struct hls_viewer_stream *of);

/**
 * True if the file `below` a folder may be given to a viewer of this stream; NULL: to anybody.
 *
 * Yields     no
 */
bool hls_file_guard_lets(const struct conf *conf, const char *dir, const char *below,
                         const struct hls_viewer_stream *of);

#endif
