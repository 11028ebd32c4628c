/**
 * Viewers of HLS at an edge: their requests keep the pull of the stream up, as players do.
 *
 * Yields     no
 */
#ifndef APP_HLS_WATCHED_H
#define APP_HLS_WATCHED_H

#include <stdbool.h>

#include "app/conf/conf.h"

struct server;
struct show;
struct source;

/** True if streams of the vhost, which may be NULL, come from an origin, and are shown as HLS. */
bool hls_watched_is_wanted(const struct conf_vhost *vhost);

/** A viewer asks for the stream, and is expected to ask again. */
void hls_watched_note(struct source *s);

/** The same for what a show has, if it is that of an edge. */
void hls_watched_note_show(const struct server *server, const struct show *show);

#endif
