/**
 * A release handed to the players that wait for it: without waking them, and by as few system calls as can be.
 *
 * The pacer (reader.h, struct reader_delivery) offers each release to every waiting player in turn. A player that keeps
 * up and wants what all want is written to right here; the writes of many go to the kernel as one queue where it takes
 * such (send_ring.h). Any other is woken and sends for itself: one that has fallen behind, has a full socket, has just
 * joined, or must be told something first.
 *
 * Yields     no
 */
#ifndef APP_LIVE_DELIVERY_H
#define APP_LIVE_DELIVERY_H

#include "app/source/reader.h"

/** For readers that are part of a struct sender. */
extern const struct reader_delivery live_delivery;

#endif
