/**
 * The names of a stream's HLS files, by the templates of its vhost (segment/template.h).
 *
 * Shape      paths are below `hls_path`, without a slash at their beginning. `track` is "", or that of a rendition (track_path.h)
 * Ownership  results are released with mem_free(); NULL after an error
 * Errors     those of template_make()
 * Yields     no
 */
#ifndef APP_HLS_NAMES_H
#define APP_HLS_NAMES_H

#include <stdint.h>

#include "app/segment/segment.h"
#include "app/segment/show.h"
#include "core/attr.h"
#include "core/err.h"

struct err *hls_name_playlist(char **path, const struct show *show, const char *track) ATTR_MUST_USE;

/** The name of a segment. While it is open, its duration is not known, and `[duration]` stays in the name. */
struct err *hls_name_segment(char **path, const struct show *show, const char *track,
                             const struct segment *s) ATTR_MUST_USE;

/** The first init segment has the configured name; later ones, of other configurations, a number in it. */
struct err *hls_name_init(char **path, const struct show *show, const char *track, uint64_t number) ATTR_MUST_USE;

/** The name of the key that is used from this segment on; below the folder of keys. */
struct err *hls_name_key(char **path, const struct show *show, const char *track, uint64_t number) ATTR_MUST_USE;

/** The name of a key's file on the disk. */
struct err *hls_name_key_file(char **full, const struct show *show, const char *path) ATTR_MUST_USE;

/** The name of a file on the disk. */
struct err *hls_name_file(char **full, const struct show *show, const char *path) ATTR_MUST_USE;

#endif
