/**
 * A queue that sorts audio and video into one monotonic order, for encoders that interleave badly:
 * `play { mix_correct on; }`.
 *
 * A frame leaves when frames of both kinds wait, or when ten of one kind wait (the other kind is silent).
 *
 * Ownership  holds a reference to each waiting frame; mix_queue_pop() passes it on
 * Yields     no
 */
#ifndef APP_SOURCE_MIX_QUEUE_H
#define APP_SOURCE_MIX_QUEUE_H

#include <stddef.h>

#include "kernel/frame.h"

enum { MIX_ONE_KIND_MAX = 10, MIX_QUEUE_MAX = 2 * MIX_ONE_KIND_MAX };

struct mix_queue {
    struct frame *frames[MIX_QUEUE_MAX]; /* ascending dts */
    size_t        count, n_audio, n_video;
};

void mix_queue_clear(struct mix_queue *q);

/** Add a frame; takes a reference. At most MIX_QUEUE_MAX frames wait, so the caller pops until NULL after each push. */
void mix_queue_push(struct mix_queue *q, struct frame *f);

/** Take the next frame in order, with the queue's reference; NULL if it must wait for more, or if the queue is empty. With
 * `drain`, no frame waits. */
struct frame *mix_queue_pop(struct mix_queue *q, bool drain);

#endif
