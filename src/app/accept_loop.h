/**
 * The accept loop of a listening stream socket.
 *
 * It survives temporary errors: connections beyond the limit are refused one by one. When descriptors run out, a spare
 * descriptor is closed to accept and refuse each newcomer, until descriptors are free again.
 */
#ifndef APP_ACCEPT_LOOP_H
#define APP_ACCEPT_LOOP_H

#include "app/server/listen_service.h"

struct io;

/** Accept connections and start `by` for each of them, until the coroutine is cancelled. Borrows all. Yields. */
void accept_loop(struct server *s, struct io *listening, const struct listen_service *by);

#endif
