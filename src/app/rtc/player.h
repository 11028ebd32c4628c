/**
 * The role of a WebRTC player (peer.h): it plays a stream by playing.h to a peer that is connected.
 *
 * The player stays while its peer stays: a stream that ends, or has not begun, may come back. Pictures and sound that were not agreed
 * upon are not sent, and the log says so once.
 */
#ifndef APP_RTC_PLAYER_H
#define APP_RTC_PLAYER_H

#include "app/rtc/peer.h"

extern const struct rtc_role rtc_player_role;

#endif
