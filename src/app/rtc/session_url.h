/**
 * The address of a session of WHIP or WHEP.
 *
 * Source     SRS 7: /rtc/v1/whip/?action=delete&token=…&app=…&stream=…&session=…, here under the endpoint that was posted to
 * Yields     no
 */
#ifndef APP_RTC_SESSION_URL_H
#define APP_RTC_SESSION_URL_H

#include "core/buf.h"
#include "protocol/http/request.h"

struct rtc_peer;

enum { RTC_SESSION_URL_MAX = 8 << 10 };

/** Write the address, relative to the host. Errors stick in `out`, which should be BUF_UP_TO(RTC_SESSION_URL_MAX). */
void rtc_session_url(struct buf *out, const struct http_request *r, const struct rtc_peer *peer);

#endif
