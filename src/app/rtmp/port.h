/**
 * A port that speaks RTMP, plain or TLS. Each connection has a coroutine, from handshake to goodbye, and may have several streams,
 * one after the other.
 */
#ifndef APP_RTMP_PORT_H
#define APP_RTMP_PORT_H

#include <sys/socket.h>

#include "app/server/listen_service.h"
#include "core/attr.h"
#include "core/err.h"

/** Serve an accepted socket. Takes `fd` over, also on error. Does not yield. */
struct err *rtmp_port_start(struct server *s, int fd, const struct sockaddr *peer,
                            const struct listen_service *by) ATTR_MUST_USE;

#endif
