/**
 * What a decoder needs before the first frame: metadata and the newest configuration of each track.
 *
 * Ownership  holds a reference to each frame
 * Yields     no
 */
#ifndef APP_SOURCE_HEADERS_H
#define APP_SOURCE_HEADERS_H

#include <stdbool.h>
#include <stddef.h>

#include "kernel/frame.h"

/* Metadata, and four tracks each of audio and video: more tracks than any encoder sends. */
enum { HEADERS_MAX = 9 };

struct headers {
    struct frame *frames[HEADERS_MAX]; /* in the order they are sent: script, audio, video */
    size_t        count;
};

void headers_clear(struct headers *h);

/** Replace the frame of the same kind and track, or add it. A ninth configuration is not kept; metadata always is. */
void headers_put(struct headers *h, struct frame *f);

/** Becomes the same set. */
void headers_copy(struct headers *to, const struct headers *from);

/** The frame of that kind and track, or NULL. */
struct frame *headers_find(const struct headers *h, enum frame_kind kind, unsigned track);

#endif
