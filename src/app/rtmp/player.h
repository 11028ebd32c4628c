/**
 * An RTMP player: a reader of the source that writes batches, and handles the commands of the player between them.
 */
#ifndef APP_RTMP_PLAYER_H
#define APP_RTMP_PLAYER_H

#include "core/attr.h"
#include "core/err.h"

struct rtmp_conn;

/**
 * Play the source of the connection's session until the player stops.
 *
 * Returns    NULL after closeStream or deleteStream: the client may begin another stream
 * Errors     those of the socket; E_KICKOFF_FOR_IDLE when the stream was not published for `play { wait; }`;
 *            E_RTMP_DURATION_EXCEED at the end of the duration that the player asked for
 * Yields     yes
 */
struct err *rtmp_player_run(struct rtmp_conn *c) ATTR_MUST_USE;

#endif
