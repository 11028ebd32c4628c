/**
 * The servers of STUN and TURN by which a client of WHIP or WHEP may look for a way to this server.
 *
 * Source     RFC 9725 4.6 (Link with rel="ice-server"), RFC 8288 (Link)
 */
#ifndef APP_RTC_ICE_SERVERS_H
#define APP_RTC_ICE_SERVERS_H

#include "app/conf/conf.h"
#include "core/attr.h"
#include "core/buf.h"
#include "core/err.h"
#include "protocol/http/exchange.h"

/**
 * Write the value of one field.
 *
 * Shape      server: URL, or URL, user and password, as conf_check_rtc() has checked it
 * Errors     stick in `out`
 * Yields     no
 */
void rtc_ice_server_write(struct buf *out, const struct conf_words *server);

/** Add a field for each server to the reply. Does not yield. */
struct err *rtc_ice_servers_add(struct http_exchange *x, const struct conf_commands *servers) ATTR_MUST_USE;

#endif
