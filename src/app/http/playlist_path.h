/**
 * The stream whose playlist a path is: of any view of segments (HLS, DASH …) that the vhost has, by the templates of its files.
 *
 * Yields     no
 */
#ifndef APP_HTTP_PLAYLIST_PATH_H
#define APP_HTTP_PLAYLIST_PATH_H

#include <stdbool.h>

#include "app/conf/conf.h"
#include "app/segment/view.h"
#include "protocol/stream_name.h"

struct playlist_path {
    const struct segment_view *view;
    char                       app[STREAM_NAME_MAX + 1], stream[STREAM_NAME_MAX + 1];
};

/** True if the path is that of the playlist of a stream, there or not, and nothing else is shown at the path. */
bool playlist_path_find(const struct conf_vhost *vhost, const char *path, struct playlist_path *out);

/** True if the playlist has segments. */
bool playlist_path_is_there(const struct conf_vhost *vhost, const struct playlist_path *p);

#endif
