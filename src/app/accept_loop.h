/**
 * The accept loop of a listening stream socket.
 *
 * It never ends for an error of the moment: too many connections are refused one by one, and when descriptors run out a
 * spare one is given up to turn each newcomer away, until some are free again.
 */
#ifndef APP_ACCEPT_LOOP_H
#define APP_ACCEPT_LOOP_H

#include "app/server/listen_service.h"

struct io;

/** Accept connections and start `by` for each of them, until the coroutine is cancelled. Borrows all. Yields. */
void accept_loop(struct server *s, struct io *listening, const struct listen_service *by);

#endif
