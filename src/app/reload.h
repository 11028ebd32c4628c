/**
 * A new configuration for a running server; no client is dropped.
 *
 * The file is read and checked on a worker thread. If anything is wrong with it, or an endpoint cannot be
 * opened, nothing changes and the log says why.
 */
#ifndef APP_RELOAD_H
#define APP_RELOAD_H

#include "app/conf/conf_source.h"
#include "core/attr.h"
#include "core/err.h"

struct server;

/** Start the coroutine that reloads, among the server's services, for server_request_reload(); `from` is copied. */
struct err *reload_start(struct server *s, const struct conf_source *from) ATTR_MUST_USE;

#endif
