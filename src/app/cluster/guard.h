/**
 * The guard of an origin cluster.
 *
 * Players of RTMP and WebRTC: a player whose stream is not published here is sent to the co-worker that has it
 * (SESSION_REDIRECTED), one of WebRTC by the request with its offer. Where nobody has it, the player is let in, and waits here. Where no co-worker answers, or the player was sent on
 * CLUSTER_HOPS_MAX times, it is refused.
 *
 * Publishers whose stream a co-worker has: with `publish_elsewhere refuse` they are refused as busy, with `takeover` the co-worker is
 * asked to end its own one (take.h), and they are refused if it does not. Two that come to two servers at the same
 * moment are both let in.
 *
 * It is asked before callbacks, so that the server that has the stream calls them.
 */
#ifndef APP_CLUSTER_GUARD_H
#define APP_CLUSTER_GUARD_H

#include "app/session/session.h"

/** Its row is in app/guards.c. */
extern const struct session_guard cluster_guard;

#endif
