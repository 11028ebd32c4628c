/**
 * Audio and video sorted into one monotonic order: `play { mix_correct on; }`, for encoders that
 * interleave badly.
 *
 * A frame leaves when both kinds wait behind it, or when ten of one kind wait (the other kind is silent).
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

/** Takes a reference. At most MIX_QUEUE_MAX wait: pop until NULL after each push. */
void mix_queue_push(struct mix_queue *q, struct frame *f);

/** The next frame in order, with the queue's reference; NULL when it must wait for more (if `drain`: when empty). */
struct frame *mix_queue_pop(struct mix_queue *q, bool drain);

#endif
