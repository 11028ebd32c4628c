/**
 * A release handed to the players who wait for it: without waking them, and by as few system calls as can be.
 *
 * The pacer (reader.h, struct reader_delivery) offers each release to every waiting player in turn. Who keeps up and
 * wants what all want is written to right here; the writes of many go to the kernel as one queue where it takes
 * such (send_ring.h). Everybody else is woken and helps himself: who has fallen behind, has a full socket, just joined,
 * must be told something first.
 *
 * Yields     no
 */
#ifndef APP_LIVE_FANOUT_H
#define APP_LIVE_FANOUT_H

#include "app/source/reader.h"

/** For readers that are part of a struct sender. */
extern const struct reader_delivery fanout_delivery;

#endif
