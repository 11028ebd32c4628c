/**
 * ICE over TCP: clients whose datagrams do not get through connect to this port, and send by it what they would have sent by UDP.
 *
 * A connection belongs to nobody until a check of ICE has come by it that is right for a session. It has a few seconds for that; its first
 * packet that is for nobody ends it. Connections that wait are bounded as sessions are (waiters.h), and count among the newcomers of
 * their address; the others are bounded by the paths that a session may have (paths.h). None takes a place of max_connections: its session
 * has one.
 *
 * Source     RFC 6544 (we are passive), RFC 4571
 */
#ifndef APP_RTC_TCP_SERVICE_H
#define APP_RTC_TCP_SERVICE_H

#include <stddef.h>

#include "app/server/listen_service.h"
#include "core/attr.h"

/** For app/services.c. */
const struct conf_words *rtc_tcp_service_endpoints(const struct conf *conf);
struct err              *rtc_tcp_service_start(struct server *s, int fd, const struct sockaddr *peer,
                                               const struct listen_service *by) ATTR_MUST_USE;

/** How many connections there are, how many of them wait for a check, and how many have ended without one since the start. */
struct rtc_tcp_counts {
    size_t   n, n_waiting;
    uint64_t n_strangers;
};
struct rtc_tcp_counts rtc_tcp_counts(void);

#endif
