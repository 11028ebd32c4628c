/**
 * The listening sockets of the server, one for each endpoint of each service, and their changes at a reload.
 *
 * Each has a coroutine of its own: the accept loop of a stream, or the handler of a datagram socket.
 */
#ifndef APP_LISTENER_H
#define APP_LISTENER_H

#include "app/server/listen_service.h"
#include "core/attr.h"
#include "core/err.h"

/**
 * Open the endpoints that `conf` adds, then close those that it no longer names (first, if a new one needs their port).
 * Connections stay. If an endpoint cannot be opened nothing changes.
 *
 * Shape      services: ends with a row without a name
 * Errors     as io_listen() and io_bind()
 * Yields     no
 */
struct err *listeners_apply(struct server *s, const struct listen_service *services,
                            const struct conf *conf) ATTR_MUST_USE;

/**
 * listeners_apply() in two halves, for a caller that has more steps that may fail. listeners_open() opens what `conf` adds. Then
 * listeners_close_unwanted() closes what it does not name, or listeners_restore() restores what was open, also after an error. The
 * caller must not yield between the halves.
 */
struct err *listeners_open(struct server *s, const struct listen_service *services,
                           const struct conf *conf) ATTR_MUST_USE;
void        listeners_close_unwanted(struct server *s);
void        listeners_restore(struct server *s);

/** Close all listeners but those that outlast clients: these end with the services of the server. Yields. */
void listeners_close(struct server *s);

#endif
