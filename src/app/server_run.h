/**
 * The life of the server from its first coroutine to its stop, graceful or quick.
 */
#ifndef APP_SERVER_RUN_H
#define APP_SERVER_RUN_H

#include "core/attr.h"
#include "core/err.h"

struct server;

/** Serve until server_request_stop(); on return no connection is left. The listeners are open already. Yields. */
struct err *server_run(struct server *s) ATTR_MUST_USE;

#endif
