/**
 * Decoding times for containers in which no picture may be displayed before it is decoded.
 *
 * Encoders that reorder pictures and begin both times at 0 send pictures whose display time is before their decoding time.
 * MPEG-TS does not allow that, and players of MP4 then display all pictures later than the sound. So all pictures get an
 * earlier decoding time, by the largest difference seen until then, and keep their display times. That amount is rounded up to
 * 10 ms times a power of two, so that players that have seen different parts of a stream agree on it. A picture with a
 * difference of more than DECODE_AHEAD_MAX_90K is an error of the encoder, and is displayed at its decoding time.
 *
 * The state is a value.
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

/* 1.28 s: 16 pictures, the most that a decoder keeps, at 12.5 pictures a second. */
enum { DECODE_AHEAD_MAX_90K = 115200 };

struct decode_ahead {
    bool     has_picture;
    uint32_t most_90k;    /* amount by which pictures are decoded before the time of their frames */
    uint32_t lag_90k;     /* amount by which the last picture was decoded before its time */
    int64_t  picture_90k; /* time of the last picture in the stream */
};

/** Expect a picture that is displayed this long before its own time. A value below 0 or far above the maximum has no effect. */
void decode_ahead_expect(struct decode_ahead *d, int64_t early_us);

/**
 * Take the next picture: `lag_90k` is then the amount by which it is decoded before the time of its frame. If the expected amount
 * grows, each picture is decoded right after the one before it until that amount is reached.
 *
 * Shape      room_90k: upper bound of lag_90k
 */
void decode_ahead_follow(struct decode_ahead *d, const struct frame *f, int64_t room_90k);

/** The time between decoding and display of the last picture that was taken; never below 0. */
int64_t decode_ahead_shown_90k(const struct decode_ahead *d, const struct frame *f);

/** True if two states treat all later pictures in the same way. */
bool decode_ahead_is_like(const struct decode_ahead *a, const struct decode_ahead *b);

#endif
