/**
 * The stream casters of a configuration: which endpoints they listen at, and which of them a port belongs to.
 *
 * Yields     no
 */
#ifndef APP_CONF_CASTERS_H
#define APP_CONF_CASTERS_H

#include "app/conf/conf.h"
#include "app/conf/snapshot.h"
#include "app/conf/tree.h"

/**
 * The `derive` of the table's `stream_caster` block; `item` is a struct conf_stream_caster. Gathers the endpoints of those that are
 * on in conf->casters_udp and conf->casters_http, and tells of those that cannot run.
 */
void conf_caster_derive(struct conf_fill *f, void *item, const struct conf_node *n);

/** The enabled caster of this kind that has an endpoint with this port, the one of this address first; NULL: none. */
const struct conf_stream_caster *conf_caster_find(const struct conf *c, enum conf_caster_kind kind, int port,
                                                  const char *ip);

#endif
