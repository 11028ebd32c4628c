/**
 * Changes of the state of a source: a publisher comes or goes, or another configuration is in force.
 */
#ifndef APP_SOURCE_LIFE_H
#define APP_SOURCE_LIFE_H

#include "app/conf/conf.h"
#include "core/attr.h"
#include "core/err.h"

struct publisher;
struct source;

/** Follow a new configuration in which the source's vhost is `vhost` (NULL: removed; the old one stays). */
void source_apply_conf(struct source *s, struct conf *conf, const struct conf_vhost *vhost);

/**
 * Become the publisher.
 *
 * Errors     E_SYSTEM_STREAM_BUSY, with the trace of the present publisher. With `republish takeover` there is no
 *            such error: the present publisher is cancelled, and `p` has the stream at once
 * Yields     no
 */
struct err *source_publish(struct source *s, struct publisher *p) ATTR_MUST_USE;

/** Stop publishing, and tell players. Does nothing if another publisher took the stream over. Does not yield. */
void source_unpublish(struct source *s, struct publisher *p);

#endif
