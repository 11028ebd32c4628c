/**
 * Viewers of segments: their requests keep the stream up that an edge, a relay or an ingest fetches for them, as players do.
 *
 * Yields     no
 */
#ifndef APP_HTTP_WATCHED_H
#define APP_HTTP_WATCHED_H

#include <stdbool.h>

#include "app/conf/conf.h"

struct server;
struct show;
struct source;

/** True if some streams of the vhost, which may be NULL, are fetched for viewers of segments. */
bool watched_is_wanted(const struct server *server, const struct conf_vhost *vhost);

/** A viewer asks for the stream, and is expected to ask again. */
void watched_note(struct source *s);

/** The same for what a show has, if its vhost fetches streams. */
void watched_note_show(const struct server *server, const struct show *show);

#endif
