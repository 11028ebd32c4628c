/**
 * An RTMP publisher: messages become frames at the door, and are appended to its connection's source.
 */
#ifndef APP_RTMP_PUBLISHER_H
#define APP_RTMP_PUBLISHER_H

#include "core/attr.h"
#include "core/err.h"

struct rtmp_conn;

/**
 * Publish to conn->source until the publisher stops.
 *
 * Returns    NULL after an unpublish: the connection may be used again
 * Errors     E_SYSTEM_STREAM_BUSY (the publisher has been told), E_SOCKET_TIMEOUT, E_KICKOFF_FOR_IDLE, E_TAKEOVER,
 *            the socket's
 * Yields     yes
 */
struct err *rtmp_publisher_run(struct rtmp_conn *c) ATTR_MUST_USE;

#endif
