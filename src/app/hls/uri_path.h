/**
 * The file that a URI of a playlist names: the inverse of template_put_entry() and template_put_key().
 *
 * Yields     no; it may be called on a thread
 */
#ifndef APP_HLS_URI_PATH_H
#define APP_HLS_URI_PATH_H

#include <stdbool.h>

#include "core/attr.h"

/**
 * The path of the file that a URI names behind a prefix.
 *
 * Shape      m3u8_path: of the playlist, below hls_path; is_root: what follows the prefix is a whole path
 * Returns    a path below hls_path, released with mem_free(); NULL: the URI names no such file, or memory is out
 */
char *hls_uri_path(const char *m3u8_path, const char *uri, const char *prefix, bool is_root) ATTR_MUST_USE;

#endif
