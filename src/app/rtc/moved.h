/**
 * Media from an address that is nobody's: a NAT has given a client another port, as it does when it forgets the old one or is started anew.
 *
 * The client does not know, and its next check of ICE may be seconds away. But its media come at once, and their authentication tells whose
 * they are. So they are tried at the sessions of the same host that are silent since MOVED_SILENT_US; the address is asked, and what is sent
 * to the client goes there after one round trip.
 *
 * Bounds     MOVED_TRIES_MAX sessions for a packet, MOVED_PACKETS_MAX packets a second of all strangers
 * Yields     no
 */
#ifndef APP_RTC_MOVED_H
#define APP_RTC_MOVED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/rtc/paths.h"

enum { MOVED_SILENT_US = 100000, MOVED_TRIES_MAX = 8, MOVED_PACKETS_MAX = 200 };

/** Take a packet that came by `way`. False: it is nobody's, or no media; `bytes` are unchanged then. */
bool rtc_moved_take(struct rtc_path *way, int64_t now_us, const uint8_t *bytes, size_t len);

#endif
