/**
 * Files of HLS, by their paths on the disk (http/file_guard.h asks), and who may have them.
 *
 * Where the rules of the vhost could refuse a viewer, such a file is for viewers of its stream alone. Without rules, or with
 * `hls_ctx off`, files are files; with `hls_ts_ctx off` segments are.
 *
 * Keys are for viewers in any case, unless `hls_ctx off`, and the folder in which the server keeps its own notes (`.hls`) is for nobody.
 *
 * A file is recognised by its path, which must fit the templates of the vhost (`hls_m3u8_file`, `hls_ts_file` …).
 *
 * Shape      path: as file_path_final() gives it
 * Yields     no
 */
#ifndef APP_HLS_FILE_GUARD_H
#define APP_HLS_FILE_GUARD_H

#include <stdbool.h>

#include "app/conf/conf.h"
#include "app/hls/viewer_id.h"
#include "app/segment/template.h"
#include "core/attr.h"
#include "core/err.h"
#include "protocol/http/exchange.h"

/** Why the client may not have a file of the vhost's HLS; NULL: it may, or the file is none. */
struct err *hls_file_guard_refuse(const struct conf_vhost *vhost, const char *path,
                                  const struct http_exchange *x) ATTR_MUST_USE;

/** True if some rule of the vhost may refuse a viewer. Without one, files are for everybody. */
bool hls_file_guard_may_refuse(const struct conf_vhost *vhost);

/** True if a file of the vhost's HLS has this path and is for viewers alone. `of`: of this stream; NULL: of any. */
bool hls_file_guard_keeps(const struct conf_vhost *vhost, const char *path, const struct hls_viewer_stream *of);

/** True if a file with this path may be one of HLS, of a stream with these names, whoever may have it. */
bool hls_file_guard_has(const struct conf_vhost *vhost, const char *path, const struct template_names *names);

#endif
