/**
 * The service of WebRTC's port: the datagrams of all sessions come in here.
 *
 * Who a datagram belongs to is told by its source address, once a check from there was verified; until then by the ufrag in a check
 * of STUN. Nothing is allocated, and nothing is answered, for anybody else.
 *
 * Source     RFC 7983 (demultiplexing)
 */
#ifndef APP_RTC_SERVICE_H
#define APP_RTC_SERVICE_H

#include "app/conf/conf.h"
#include "app/server/listen_service.h"

struct io;
struct server;

/** For app/services.c. */
const struct conf_words *rtc_service_endpoints(const struct conf *conf);
void                     rtc_service_run(struct server *s, struct io *socket, const struct listen_service *by);

#endif
