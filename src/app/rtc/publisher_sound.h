/**
 * Opus of a WebRTC publisher that goes into the log as AAC (`rtc_to_rtmp`). The originals go to the stream's other sound, so that WebRTC
 * players hear them unchanged.
 *
 * Yields     no
 */
#ifndef APP_RTC_PUBLISHER_SOUND_H
#define APP_RTC_PUBLISHER_SOUND_H

#include <stdbool.h>
#include <stdint.h>

#include "app/source/feed.h"
#include "core/attr.h"
#include "core/err.h"
#include "kernel/frame_make.h"

struct other_sound;
struct publisher;
struct sound_converter;

/* All zero: sound is not converted. */
struct publisher_sound {
    struct feed            *feed;
    const struct publisher *publisher;
    struct frame_maker      maker;
    struct sound_converter *converter;
    struct other_sound     *originals; /* NULL: nobody can use them */
    struct err             *failed;    /* of feed_unit(), for the session */
    int64_t                 n_flooded; /* packets that were dropped, because too many frames wait for their release */
};

/**
 * Convert from now on, until the publisher is taken over. `feed` and `publisher` are borrowed until the end. Errors: out of memory; nothing
 * is left behind then.
 */
struct err *publisher_sound_begin(struct publisher_sound *s, struct feed *feed,
                                  const struct publisher *publisher) ATTR_MUST_USE;

/** Takes one that is all zero. */
void publisher_sound_end(struct publisher_sound *s);

/** Convert a packet of Opus; it is used up. Errors: out of memory. */
struct err *publisher_sound_take(struct publisher_sound *s, struct frame_unit *unit) ATTR_MUST_USE;

#endif
