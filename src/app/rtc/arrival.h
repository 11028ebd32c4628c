/**
 * What comes in at a port of WebRTC goes to the session that it belongs to.
 *
 * That is told by its source address, once a check from there was verified; until then by the ufrag in a check of STUN, or by what
 * authenticates media (moved.h). Nothing is allocated, and nothing is answered, for anybody else.
 *
 * Yields     no
 */
#ifndef APP_RTC_ARRIVAL_H
#define APP_RTC_ARRIVAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/rtc/paths.h"

/** Take a packet; `bytes` are changed. `way`: from where to where it came; no longer used after the call. False: nobody has taken it. */
bool rtc_arrival_take(struct rtc_path *way, int64_t now_us, uint8_t *bytes, size_t len);

#endif
