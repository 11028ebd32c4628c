/**
 * WHIP and WHEP: a client posts its offer, and gets the answer and the address of its session.
 *
 *     POST    201, the answer; Location, ETag, Accept-Patch, Link (ice_servers.h)
 *     PATCH   candidates: 204 (our ICE agent needs none of them); an ICE restart: 200 with new credentials
 *     DELETE  200; also when the session has ended already
 *
 * A refusal has a status and a body (problem.h). The type of an offer is not checked, because old clients send all kinds; that of a
 * PATCH is.
 *
 * Source     RFC 9725 (WHIP), draft-ietf-wish-whep (WHEP), SRS 7 (query, Location, whip-play)
 * Yields     yes
 */
#ifndef APP_RTC_WHIP_H
#define APP_RTC_WHIP_H

#include "core/attr.h"
#include "core/err.h"
#include "protocol/http/exchange.h"

/** Serve /rtc/v1/whip/, which publishes, or plays with `action=play`. */
struct err *rtc_whip_handle(struct http_exchange *x) ATTR_MUST_USE;

/** Serve /rtc/v1/whep/ and /rtc/v1/whip-play/. */
struct err *rtc_whep_handle(struct http_exchange *x) ATTR_MUST_USE;

#endif
