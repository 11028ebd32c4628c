/**
 * A WebRTC session that publishes: what it sends is fed to its source, which it becomes the publisher of when it is opened.
 *
 * Packets are taken as they come, by the reader of the port, down to the log of the source (protocol/rtc/receiver.h). The session's
 * coroutine sends what is due by time, and watches what ends a publisher of any protocol: nobody who watches, a limit, another publisher.
 * `normal_timeout` does not: a browser may pause all its tracks. `stun_timeout` ends a session from which nothing comes at all.
 *
 * With `rtc_to_rtmp` Opus goes into the log as AAC, and key frames are asked for every `pli_for_rtmp`.
 */
#ifndef APP_RTC_PUBLISHER_H
#define APP_RTC_PUBLISHER_H

struct rtc_role;

extern const struct rtc_role rtc_publisher_role;

#endif
