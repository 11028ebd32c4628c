/**
 * The run of the server and its end: the coroutines that it always has, and the two ways to stop.
 */
#ifndef APP_SERVER_RUN_H
#define APP_SERVER_RUN_H

#include "core/attr.h"
#include "core/err.h"

struct server;

/** Serve until server_request_stop(); on return no connection is left. The listeners are open already. Yields. */
struct err *server_run(struct server *s) ATTR_MUST_USE;

#endif
