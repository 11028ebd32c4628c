/**
 * The event bus: every event of a vhost, whether or not it has a URL of its own, goes to on_batch (batch.h) and to Kafka (kafka.h).
 *
 * Yields     no
 */
#ifndef APP_HOOKS_BUS_H
#define APP_HOOKS_BUS_H

#include <stdbool.h>

#include "app/conf/conf.h"
#include "app/hooks/subject.h"

/** True if the vhost has a bus. */
bool hook_bus_is_wanted(const struct conf *conf, const struct conf_vhost *v);

/** Tell the bus of the vhost of an event; its body is a JSON object. Takes a vhost without one. */
void hook_bus_tell(const struct conf *conf, const struct conf_vhost *v, const struct hook_subject *s, const char *body);

#endif
