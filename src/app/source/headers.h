/**
 * The frames that a decoder needs before the first picture or sound: metadata, and for each track the newest configuration and
 * other descriptions, as the colours of video (HDR) or the order of the channels of audio.
 *
 * Ownership  holds a reference to each frame
 * Yields     no
 */
#ifndef APP_SOURCE_HEADERS_H
#define APP_SOURCE_HEADERS_H

#include <stdbool.h>
#include <stddef.h>

#include "kernel/frame.h"

/* Room for metadata, and for six tracks each of audio and video with two headers. No encoder sends more. */
enum { HEADERS_MAX = 25 };

struct headers {
    struct frame
          *frames[HEADERS_MAX]; /* headers in sending order: script, audio, video; by track, configuration first */
    size_t count;
};

void headers_clear(struct headers *h);

/** True if a frame is kept here. The only script that is kept is metadata: cue points and captions belong to their time. */
bool headers_takes(const struct frame *f);

/** Replace the header of the same kind, track and note, or add it. A header that has no room is dropped; metadata always has. */
void headers_put(struct headers *h, struct frame *f);

/** Drop the headers of the frame's kind and track that are of another codec; false if there was none. */
bool headers_drop_other_codecs(struct headers *h, const struct frame *f);

/** Make `to` the same set as `from`. */
void headers_copy(struct headers *to, const struct headers *from);

/** Find the metadata, or the configuration of that kind and track; or NULL. */
struct frame *headers_find(const struct headers *h, enum frame_kind kind, unsigned track);

/** Find the header that the frame would replace, or NULL. */
struct frame *headers_find_like(const struct headers *h, const struct frame *f);

#endif
