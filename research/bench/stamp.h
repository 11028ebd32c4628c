/**
 * The latency stamp: an SEI message in each picture with its time of sending and its number.
 *
 * It is "user data unregistered" with a UUID of our own. Number and time are hexadecimal digits, so that no byte needs emulation
 * prevention. Any server passes it on as a part of the picture.
 *
 * Source     ITU-T H.264 7.3.2.3.1 and D.1.7 (user_data_unregistered)
 */
#ifndef BENCH_STAMP_H
#define BENCH_STAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct stamp {
    uint32_t number;  /* counts the pictures of one publisher, in the order of sending */
    int64_t  sent_us; /* now_us() of the publisher: CLOCK_MONOTONIC, so both must be on one machine */
};

enum {
    STAMP_LEN = 4 + 3 + 16 + 8 + 16 + 1, /* a NAL unit after its 4-byte length */
    /* A stamp lies within this many bytes of an FLV video body: its header, an access unit delimiter, the stamp. */
    STAMP_WITHIN = 5 + 4 + 2 + STAMP_LEN,
};

/** The place for the stamp in an FLV video body of AVC with 4-byte lengths; 0 when the body holds no picture. */
size_t stamp_place(const uint8_t *body, size_t len);

void stamp_write(uint8_t out[static STAMP_LEN], const struct stamp *stamp);

/** Read the stamp out of a body's first bytes; false when there is none. */
bool stamp_find(const uint8_t *body, size_t len, struct stamp *stamp);

/** Find a stamp anywhere in these bytes, in any container. */
bool stamp_search(const uint8_t *bytes, size_t len, struct stamp *stamp);

/** The same again and again: *at is the place to go on from, 0 at first. */
bool stamp_search_next(const uint8_t *bytes, size_t len, size_t *at, struct stamp *stamp);

#endif
