/**
 * The file that a URI of a playlist names: the inverse of template_put_entry() and template_put_key().
 *
 * Shape      m3u8_path: of the playlist, below hls_path; a prefix is "" if there is none
 * Returns    a path below hls_path or hls_key_file_path, without steps of dots, released with mem_free(). NULL: the URI names no
 *            such file, or memory is out
 * Yields     no; it may be called on a thread
 */
#ifndef APP_HLS_URI_PATH_H
#define APP_HLS_URI_PATH_H

#include "core/attr.h"

/** The path of the file that the URI of a segment, of a part, or of an init segment names behind hls_entry_prefix. */
char *hls_uri_path_entry(const char *m3u8_path, const char *uri, const char *entry_prefix) ATTR_MUST_USE;

/** The path of the file that the URI of a key names behind hls_key_url. */
char *hls_uri_path_key(const char *m3u8_path, const char *uri, const char *key_url) ATTR_MUST_USE;

#endif
