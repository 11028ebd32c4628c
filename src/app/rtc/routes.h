/**
 * The paths of WebRTC: WHIP, WHEP, and SRS's JSON API.
 */
#ifndef APP_RTC_ROUTES_H
#define APP_RTC_ROUTES_H

#include "protocol/http/router.h"

extern const struct http_routes rtc_routes;

#endif
