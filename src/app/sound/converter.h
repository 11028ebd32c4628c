/**
 * Sound of one track in another codec, made off the loop: frames in, packets of Opus or AAC out (transcoder.h).
 *
 *     e = sound_converter_new(&c, "live/cam", &wish, made, arg);
 *     sound_converter_put(c, frame);            any number of times
 *     sound_converter_free(&c);                 `made` is not called any more
 *
 * A thread of OFFLOAD_SOUND works on several frames at a time, SOUND_BATCH at least, so a packet comes some 40 ms after its frame. At most
 * SOUND_WAITING_MAX frames wait for it; with a slow pool the oldest ones are dropped, and silence takes their place.
 *
 * made()     is called on the loop, outside of the owner's coroutine. It may append to a source and unpark, but neither yield nor free the
 *            converter
 * Yields     no
 */
#ifndef APP_SOUND_CONVERTER_H
#define APP_SOUND_CONVERTER_H

#include <stdint.h>

#include "app/sound/transcoder.h"
#include "core/attr.h"
#include "core/err.h"

enum { SOUND_BATCH = 2, SOUND_WAITING_MAX = 64 };

struct sound_converter;

/**
 * Begin. FFmpeg's libraries are opened with the first frame; if that fails, a line of the log says so, and nothing comes out.
 *
 * Ownership  `name`, for the log, and `wish` are copied; `arg` is borrowed until the end
 * Errors     out of memory
 */
struct err *sound_converter_new(struct sound_converter **c, const char *name, const struct sound_wish *wish,
                                void (*made)(void *arg, const struct sound_packet *packet), void *arg) ATTR_MUST_USE;

/** Convert a frame of sound, or take its configuration. It takes a reference of its own. */
void sound_converter_put(struct sound_converter *c, struct frame *f);

/** *c becomes NULL, and may be NULL before. A job that is under way ends by itself, and its packets are forgotten. */
void sound_converter_free(struct sound_converter **c);

/** The sum of all converters since the start: those that are there, and what threads have told of them and of those that have gone. */
struct sound_totals {
    int     n_converters;
    int64_t n_frames, n_errors, n_dropped;
};
struct sound_totals sound_converter_totals(void);

/** What the thread has told so far. */
struct sound_counts sound_converter_counts(const struct sound_converter *c);

/** Frames that were dropped, because they would have waited for too long, or memory was out. */
int64_t sound_converter_dropped(const struct sound_converter *c);

#endif
