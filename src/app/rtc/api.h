/**
 * SRS's own signalling: the offer comes in JSON, and the answer goes out in JSON.
 *
 *     {"sdp":"v=0…","streamurl":"webrtc://host/app/stream?k=v"}
 *     {"code":0,"server":…,"service":…,"pid":…,"sdp":"v=0…","sessionid":"ours:theirs"}
 *     {"code":400,"msg":"…"}                                          every failure, with status 200
 *
 * `clientip` in the body is not believed: rules and bans are about addresses.
 *
 * Source     SRS 7, /rtc/v1/publish/ and /rtc/v1/play/
 * Yields     yes
 */
#ifndef APP_RTC_API_H
#define APP_RTC_API_H

#include "core/attr.h"
#include "core/err.h"
#include "protocol/http/exchange.h"

struct err *rtc_api_publish(struct http_exchange *x) ATTR_MUST_USE;
struct err *rtc_api_play(struct http_exchange *x) ATTR_MUST_USE;

#endif
