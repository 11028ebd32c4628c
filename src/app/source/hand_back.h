/**
 * The wait for the place where a publisher that is back can be shown: until then its stand-in (life.h) goes on.
 *
 * That place is its first key frame. Without pictures it is its first sound, and if no key frame comes for too long, it is whatever
 * comes then. Headers are kept until then; pictures and sound before it are dropped.
 *
 * Units      microseconds
 * Yields     no
 */
#ifndef APP_SOURCE_HAND_BACK_H
#define APP_SOURCE_HAND_BACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arrival;

/* Most bytes of headers that are kept; further ones are dropped. Encoders send some hundred before their first key frame. */
enum { HAND_BACK_BYTES_MAX = 1 << 20 };

struct hand_back {
    bool    waits;
    bool    has_pictures; /* Pictures, their configuration, or metadata that announces them have come. */
    size_t  bytes;        /* of the headers that are kept */
    int64_t since_us;     /* arrival of the first picture or sound; 0: none has come */
};

enum hand_back_verdict { HAND_BACK_KEEP, HAND_BACK_DROP, HAND_BACK_NOW };

/** Begin to wait. */
void hand_back_begin(struct hand_back *h);

/** Look at what the publisher brings while h->waits. HAND_BACK_NOW ends the wait. patience_us: the longest wait for a key frame. */
enum hand_back_verdict hand_back_look(struct hand_back *h, const struct arrival *a, int64_t now_us,
                                      int64_t patience_us);

#endif
