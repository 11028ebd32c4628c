/**
 * Delivery of a release: its bytes are handed to the players that wait for it, without waking them, and by as few
 * system calls as possible.
 *
 * The pacer (reader.h, struct reader_delivery) offers each release to every waiting player in turn:
 *
 *     add      is the player one that all get the same bytes (sender.h)?  no: the pacer wakes it
 *              the release's bytes, as its wire and times make them (release_bytes.h)
 *              into the queue of writes (send_ring.h); or by a call of its own, where a queue gains nothing
 *     flush    the kernel takes the queue, and each player's state moves on by what its socket took; writes of streams
 *              with few players wait for those of others until the loop looks at sockets, or somebody needs them settled
 *
 * A player that has fallen behind, has a full socket, has just joined, or must be told something first is woken and
 * sends for itself.
 *
 * One delivery serves the process.
 *
 * Yields     no
 */
#ifndef APP_LIVE_DELIVERY_H
#define APP_LIVE_DELIVERY_H

#include "app/source/reader.h"

/** For readers that are part of a struct sender: sender_attach() takes it. */
extern const struct reader_delivery live_delivery;

#endif
