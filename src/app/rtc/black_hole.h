/**
 * A copy of the packets of all sessions without encryption, for debugging: RTP and RTCP, from clients and to them, each as one datagram
 * to the address of `black_hole`.
 *
 * Source     SRS: rtc_server { black_hole }
 * Yields     no
 */
#ifndef APP_RTC_BLACK_HOLE_H
#define APP_RTC_BLACK_HOLE_H

#include <stddef.h>
#include <stdint.h>

struct conf;

/** Send a copy, if the configuration wants one. A datagram that the socket does not take is lost. */
void rtc_black_hole_put(const struct conf *conf, const uint8_t *bytes, size_t len);

/** The server ends. */
void rtc_black_hole_close(void);

#endif
