/**
 * What a request of HTTP asks for: the parameters that WHIP, WHEP and the JSON API share.
 *
 * Ownership  borrows the request
 * Yields     no
 */
#ifndef APP_RTC_ASK_H
#define APP_RTC_ASK_H

#include <stdbool.h>

#include "app/rtc/open.h"
#include "core/buf.h"
#include "protocol/http/exchange.h"

/* The longest `ice-ufrag` and `ice-pwd` that a client may choose for us, as in SRS 7. */
enum { RTC_ASK_ICE_MAX = 32 };

/**
 * Fill in what the head of the request tells: client, candidates, codec, encryption and credentials. Vhost, stream and offer are left to
 * the caller.
 *
 * Returns    false when `ice-ufrag` or `ice-pwd` is malformed
 */
bool rtc_ask_fill(struct rtc_request *q, const struct http_exchange *x, bool is_play);

/** Append the query as a session has it: "?k=v", or nothing. `ice-ufrag` and `ice-pwd` are left out: callbacks, the API and the log show it. */
void rtc_ask_put_param(struct buf *out, const struct http_request *r);

#endif
