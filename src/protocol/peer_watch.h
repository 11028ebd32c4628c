/**
 * Detection of peers that vanished: a machine lost power, a link is down, a firewall forgot the connection. The kernel does not
 * tell: it would retransmit for a quarter of an hour, and a silent connection would stay for ever.
 *
 * While nothing is sent to a peer, TCP probes it (keepalive). While bytes are on the way, a living peer acknowledges, even when
 * it does not read and its window is 0. A peer that has not acknowledged for PEER_WATCH_ACK_MS is gone: its socket is shut down,
 * and its coroutine sees the end of the stream. TCP_USER_TIMEOUT would also end peers with a window of 0, but a player that
 * pauses by not reading is alive.
 *
 * Source     tcp(7); RFC 1122, 4.2.2.17 and 4.2.3.6
 */
#ifndef PROTOCOL_PEER_WATCH_H
#define PROTOCOL_PEER_WATCH_H

#include "core/clock.h"
#include "protocol/io.h"

enum {
    PEER_WATCH_IDLE_S = 20,                 /* silence before the first keepalive probe */
    PEER_WATCH_ASK_S = 10,                  /* interval between two probes */
    PEER_WATCH_QUESTIONS = 3,               /* unanswered probes that end the connection: after 20 + 3 * 10 s */
    PEER_WATCH_ACK_MS = 45000,              /* longest time without an acknowledgement while bytes are on the way */
    PEER_WATCH_LOOK_US = 5 * US_PER_SECOND, /* interval at which acknowledgements are checked */
};

/**
 * Watch the peer of an accepted socket until io_close(). A socket that is not TCP stays unwatched.
 *
 * Ownership  borrows `io`, which must not move
 * Yields     no
 */
void peer_watch_add(struct io *io);

/** Shut down the sockets of all peers that vanished. Yields now and then. */
void peer_watch_look(void);

#endif
