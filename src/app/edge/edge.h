/**
 * Edges: a vhost with `cluster { mode remote; }` takes its streams from origins.
 *
 * The attendance of a stream begins with its first reader, and pulls the stream (relay/pull.h) until no reader has been there for
 * `linger`. All readers share that one pull. A publisher that is here already is left alone.
 */
#ifndef APP_EDGE_EDGE_H
#define APP_EDGE_EDGE_H

#include <stdbool.h>
#include <stddef.h>

#include "app/conf/conf.h"
#include "core/attr.h"
#include "core/err.h"

struct attendance;
struct list;
struct server;
struct source;

/** Edges work for this server from now on. Does not yield. */
void edge_start(struct server *server);

/** Follow the configuration that the sources have: pulls that are to be different end, and begin anew. Does not yield. */
void edge_follow_conf(void);

/** End all pulls; no new one is started. Does not yield. */
void edge_stop(void);

/** Free what is remembered, when no attendance is left. */
void edge_finish(void);

/** The list of struct pull, by its `link`; those that leave are in it until they have ended. Borrowed until a yield. */
const struct list *edge_pulls(void);

/** Pulls of a vhost's streams that are at this origin (origins.h) now. Does not yield. */
size_t edge_count_pulls(const char *vhost, const char *origin_url);

/* ---- the attendance ---- */

bool edge_is_wanted(const struct conf_vhost *vhost);

/** True if the stream is to be had from an origin. */
bool edge_brings(const struct source *s);

/** Pull the stream. Yields. */
struct err *edge_attend(struct attendance *a) ATTR_MUST_USE;

#endif
