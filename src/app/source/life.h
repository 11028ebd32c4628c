/**
 * What changes the state of a source: a publisher comes or goes, another configuration is in force.
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
 * Errors     E_SYSTEM_STREAM_BUSY, naming the publisher that is there, unless `republish takeover` is
 *            configured: then that one is cancelled and this one has the stream at once
 * Yields     no
 */
struct err *source_publish(struct source *s, struct publisher *p) ATTR_MUST_USE;

/** Stop publishing; nothing happens if another publisher took over. Players are told. Does not yield. */
void source_unpublish(struct source *s, struct publisher *p);

#endif
