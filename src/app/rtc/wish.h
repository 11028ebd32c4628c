/**
 * Which codecs a session may have, as a server and as a client.
 *
 * Yields     no
 */
#ifndef APP_RTC_WISH_H
#define APP_RTC_WISH_H

#include "protocol/rtc/sdp_agree.h"

struct source;

/**
 * Those of a stream that is sent, if they are known: only with them can the receiver see and hear anything. Other sound becomes Opus. Of a
 * stream that has not begun all that it may have, the likeliest first.
 */
void rtc_wish_to_send(struct sdp_wish *w, const struct source *s);

/** Those that this server takes, the best first. */
void rtc_wish_to_take(struct sdp_wish *w);

/** Our SSRCs, at random. */
void rtc_wish_name_sources(struct sdp_wish *w);

#endif
