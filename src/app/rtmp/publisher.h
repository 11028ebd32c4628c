/**
 * An RTMP publisher: its messages go through a feed (source/feed.h) into the source of the connection's session.
 */
#ifndef APP_RTMP_PUBLISHER_H
#define APP_RTMP_PUBLISHER_H

#include "core/attr.h"
#include "core/err.h"

struct rtmp_conn;

/**
 * Publish to the source of the connection's session until the publisher stops.
 *
 * Returns    NULL after an unpublish: the client may begin another stream
 * Errors     E_SYSTEM_STREAM_BUSY (the publisher has been told), E_SOCKET_TIMEOUT, E_KICKOFF_FOR_IDLE, E_TAKEOVER,
 *            the socket's
 * Yields     yes
 */
struct err *rtmp_publisher_run(struct rtmp_conn *c) ATTR_MUST_USE;

#endif
