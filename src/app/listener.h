/**
 * Listening sockets and their accept loops.
 *
 * An accept loop never ends for an error of the moment: too many connections are refused one by one, and
 * when descriptors run out a spare one is given up to turn each newcomer away, until some are free again.
 */
#ifndef APP_LISTENER_H
#define APP_LISTENER_H

#include "core/attr.h"
#include "core/err.h"

struct conf;
struct server;

/**
 * Make the open listeners those of `conf`: new endpoints are opened first, then the ones that went are closed (or
 * before, where a new one needs their port); connections stay. If one cannot be opened nothing changes.
 *
 * Errors     as io_listen()
 * Yields     no
 */
struct err *listeners_apply(struct server *s, const struct conf *conf) ATTR_MUST_USE;

/** Close them all. Yields. */
void listeners_close(struct server *s);

#endif
