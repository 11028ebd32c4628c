/**
 * An FLV file in memory, which is sent in a loop with growing timestamps.
 */
#ifndef BENCH_CLIP_H
#define BENCH_CLIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/flv.h"

struct clip_tag {
    struct flv_tag tag;      /* tag.dts_ms counts from the clip's first one */
    bool           once;     /* metadata or a codec's configuration: not repeated with the next round */
    size_t         stamp_at; /* place of the stamp in the body; 0: no picture */
};

struct clip {
    uint8_t         *bytes;
    struct clip_tag *tags;
    size_t           n_tags;
    int64_t          duration_ms; /* duration of one round */
    uint32_t         longest;     /* longest body, in bytes */
};

/** Read the file, or die. */
void clip_load(struct clip *c, const char *path);
void clip_free(struct clip *c);

/** A place in the endless repetition. */
struct clip_cursor {
    size_t   tag;
    uint64_t round;
};

static inline int64_t clip_time_ms(const struct clip *c, const struct clip_cursor *at)
{
    return (int64_t)at->round * c->duration_ms + c->tags[at->tag].tag.dts_ms;
}

/** Move the cursor to the next tag to send. */
void clip_step(const struct clip *c, struct clip_cursor *at);

#endif
