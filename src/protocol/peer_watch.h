/**
 * Peers that vanished: a machine that lost power, a link that is down, a firewall that forgot. Nothing says so; the kernel
 * would send again for a quarter of an hour, and a connection that says nothing would stay for ever.
 *
 * A peer that nothing is sent to is asked by TCP itself (keepalive). One that is being sent to acknowledges, also when it does
 * not read and its window is 0: if it has acknowledged nothing for long while bytes are on the way it is gone, and its socket is
 * shut down, which its coroutine meets as the end. (TCP_USER_TIMEOUT would do the same, but ends peers with a window of 0
 * as well: a player that pauses by not reading is alive.)
 *
 * Source     tcp(7); RFC 1122, 4.2.2.17 and 4.2.3.6
 */
#ifndef PROTOCOL_PEER_WATCH_H
#define PROTOCOL_PEER_WATCH_H

#include "core/clock.h"
#include "protocol/io.h"

enum {
    PEER_WATCH_IDLE_S = 20,                 /* of silence, then TCP asks */
    PEER_WATCH_ASK_S = 10,                  /* between two questions */
    PEER_WATCH_QUESTIONS = 3,               /* without an answer: 20 + 3 * 10 s */
    PEER_WATCH_ACK_MS = 45000,              /* without an acknowledgement of what was sent */
    PEER_WATCH_LOOK_US = 5 * US_PER_SECOND, /* how often that is looked at */
};

/**
 * Watch the peer of an accepted socket until io_close(). A socket that is no TCP stays unwatched.
 *
 * Ownership  borrows `io`, which must not move
 * Yields     no
 */
void peer_watch_add(struct io *io);

/** Shut down the sockets of all peers that vanished. Yields now and then. */
void peer_watch_look(void);

#endif
