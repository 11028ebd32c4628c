/**
 * When pictures are decoded that a container may not show before their decoding time.
 *
 * Encoders that reorder pictures and begin both of their times at 0 send pictures that are shown before the time at which
 * their frame says that it is decoded. MPEG-TS does not allow that, and players of MP4 then show all pictures later than
 * the sound beside them. All pictures are written as decoded earlier, by the largest amount seen until then, and the times at
 * which they are shown stay what they are. The most is rounded up to 10 ms times a power of two, so that players of one
 * stream agree that have seen different parts of it. A picture that must be shown more than DECODE_AHEAD_MAX_90K before its
 * time is a mistake, and is shown at its time.
 *
 * Pure: the state is a value.
 *
 * Units      90 kHz
 * Source     ISO/IEC 13818-1 2.4.3.7; ISO/IEC 14496-12 8.6.1.3
 * Yields     no
 */
#ifndef KERNEL_DECODE_AHEAD_H
#define KERNEL_DECODE_AHEAD_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/frame.h"

/* 1.28 s: 16 pictures, the most that a decoder keeps, at 12.5 a second. */
enum { DECODE_AHEAD_MAX_90K = 115200 };

struct decode_ahead {
    bool     has_picture;
    uint32_t most_90k;    /* how long before the time of their frames pictures are decoded */
    uint32_t lag_90k;     /* how long before its time the last picture was decoded */
    int64_t  picture_90k; /* time of the last picture on the stream's time line */
};

/** Expect a picture that is shown this long before its own time. Below 0 and far beyond the most: no effect. */
void decode_ahead_expect(struct decode_ahead *d, int64_t early_us);

/**
 * Follow the next picture: `lag_90k` is then by how much it is decoded before its frame's time. Where more becomes expected
 * on the way, decoding goes on right behind the picture before until it has fallen back by that much.
 *
 * Shape      room_90k: upper bound of lag_90k
 */
void decode_ahead_follow(struct decode_ahead *d, const struct frame *f, int64_t room_90k);

/** How much after its decoding time the last picture that was followed is shown; never below 0. */
int64_t decode_ahead_shown_90k(const struct decode_ahead *d, const struct frame *f);

/** Whether two states treat all pictures to come alike. */
bool decode_ahead_is_like(const struct decode_ahead *a, const struct decode_ahead *b);

#endif
