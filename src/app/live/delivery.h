/**
 * Delivery of a release: its bytes are written to the players that wait for it, without waking them, and with as few
 * system calls as possible.
 *
 * The pacer (reader.h, struct reader_delivery) offers each release to every waiting player in turn:
 *
 *     add      refuses a player that does not keep step (sender.h); the pacer then wakes it
 *              makes the bytes of the release for the player's wire and times (release_bytes.h)
 *              puts them into the queue of writes (send_ring.h), or sends them at once where a queue gains nothing
 *     flush    gives the queue to the kernel, and moves each player's state on by the bytes that its socket took. Writes of
 *              streams with few players wait for those of other streams until the loop looks at sockets, or until settle
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

/** The delivery for readers that are part of a struct sender; an argument of sender_attach(). */
extern const struct reader_delivery live_delivery;

#endif
