/**
 * An RTMP player: a reader of its connection's source that writes batches, and listens to what the player says.
 */
#ifndef APP_RTMP_PLAYER_H
#define APP_RTMP_PLAYER_H

#include "core/attr.h"
#include "core/err.h"

struct rtmp_conn;

/**
 * Play conn->source until the player stops.
 *
 * Returns    NULL after closeStream or deleteStream: the connection may be used again
 * Errors     the socket's; E_RTMP_DURATION_EXCEED when the duration that was asked for is over
 * Yields     yes
 */
struct err *rtmp_player_run(struct rtmp_conn *c) ATTR_MUST_USE;

#endif
