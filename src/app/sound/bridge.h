/**
 * The attendant that converts a stream's sound to Opus for WebRTC players, while there are any that read it (other.h), and the sound of
 * the log is of another codec. It begins at the live end of the log.
 *
 * It is wanted where `rtc` and its `rtmp_to_rtc` are on; `opus_bitrate` is followed when it changes.
 */
#ifndef APP_SOUND_BRIDGE_H
#define APP_SOUND_BRIDGE_H

#include <stdbool.h>

#include "core/attr.h"
#include "core/err.h"

struct attendance;
struct conf_vhost;

bool sound_bridge_is_wanted(const struct conf_vhost *vhost);

/** Yields, until the attendance is over. */
struct err *sound_bridge_run(struct attendance *a) ATTR_MUST_USE;

#endif
