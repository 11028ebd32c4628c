/**
 * 32-bit millisecond timestamps made 64-bit: they wrap after 49.7 days, or at once when an encoder
 * starts near the end of the range.
 *
 * Source     RTMP 1.0, 3 (timestamps compare by serial number arithmetic)
 * Yields     no
 */
#ifndef APP_SOURCE_TIMELINE_H
#define APP_SOURCE_TIMELINE_H

#include <stdbool.h>
#include <stdint.h>

struct timeline {
    bool    started;
    int64_t last_ms;
};

/** The unwrapped time nearest to the last one; its low 32 bits are `ts32_ms`. */
static inline int64_t timeline_unwrap(struct timeline *t, uint32_t ts32_ms)
{
    if (!t->started) {
        t->started = true;
        t->last_ms = ts32_ms;
    } else {
        t->last_ms += (int32_t)(ts32_ms - (uint32_t)t->last_ms);
    }
    return t->last_ms;
}

#endif
