/**
 * One push of a stream by WHIP: rtc_playing (app/rtc/playing.h) over a session in which this server is the client (app/rtc/call.h).
 */
#ifndef APP_FORWARD_WHIP_H
#define APP_FORWARD_WHIP_H

#include <stdint.h>

#include "core/attr.h"
#include "core/err.h"

struct target;

/**
 * Push to the target's URL until it is told to leave. The offer waits for the codecs of the stream, FORWARD_WHIP_CODECS_US for the second
 * kind of media once one is known.
 *
 * Shape      n_bytes: what was sent, also after an error; untouched where nothing could be
 * Errors     those of call.h; E_SYSTEM_FORWARD_LOOP; E_RTC_TRACK_CODEC: the stream has nothing that WebRTC carries
 * Yields     yes
 */
struct err *forward_whip(struct target *t, int64_t deadline_us, int64_t *n_bytes) ATTR_MUST_USE;

#endif
