/**
 * What a decoder needs before the first frame: metadata, and of each track the newest configuration and what else describes
 * it: the colours of video (HDR), the order of the channels of audio.
 *
 * Ownership  holds a reference to each frame
 * Yields     no
 */
#ifndef APP_SOURCE_HEADERS_H
#define APP_SOURCE_HEADERS_H

#include <stdbool.h>
#include <stddef.h>

#include "kernel/frame.h"

/* Room for metadata and for six tracks each of audio and video with two headers, which is more than any encoder sends. */
enum { HEADERS_MAX = 25 };

struct headers {
    struct frame
        *frames[HEADERS_MAX]; /* in the order they are sent: script, audio, video; by track, the configuration first */
    size_t count;
};

void headers_clear(struct headers *h);

/** Whether a frame is kept here. Of scripts only metadata is: cue points and captions belong to their moment. */
bool headers_takes(const struct frame *f);

/** Replace the header of the same kind, track and note, or add it. What has no room is not kept; metadata always has. */
void headers_put(struct headers *h, struct frame *f);

/** Forget what describes another codec of the frame's kind and track; false when there was none. */
bool headers_drop_other_codecs(struct headers *h, const struct frame *f);

/** Make `to` the same set as `from`. */
void headers_copy(struct headers *to, const struct headers *from);

/** The metadata, or the configuration of that kind and track, or NULL. */
struct frame *headers_find(const struct headers *h, enum frame_kind kind, unsigned track);

/** The header whose place the frame would take, or NULL. */
struct frame *headers_find_like(const struct headers *h, const struct frame *f);

#endif
