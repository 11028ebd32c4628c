/**
 * The listening sockets of the server, one for each endpoint of each service, and what a reload makes of them.
 *
 * Each has a coroutine of its own: the accept loop of a stream, or the handler of a datagram socket.
 */
#ifndef APP_LISTENER_H
#define APP_LISTENER_H

#include "app/server/listen_service.h"
#include "core/attr.h"
#include "core/err.h"

/**
 * Make the open listeners those of `conf`: new endpoints are opened, then the ones that went are closed (or before, where
 * a new one needs their port); connections stay. If one cannot be opened nothing changes.
 *
 * Shape      services: ends with a row without a name
 * Errors     as io_listen() and io_bind()
 * Yields     no
 */
struct err *listeners_apply(struct server *s, const struct listen_service *services,
                            const struct conf *conf) ATTR_MUST_USE;

/**
 * The same in two halves, for a caller with more to do that may fail: open what `conf` adds; then close what it does not name,
 * or, also after an error, go back to what there was. A yield between the halves is not allowed.
 */
struct err *listeners_open(struct server *s, const struct listen_service *services,
                           const struct conf *conf) ATTR_MUST_USE;
void        listeners_close_unwanted(struct server *s);
void        listeners_restore(struct server *s);

/** Close them all. Yields. */
void listeners_close(struct server *s);

#endif
