/**
 * What fuzzers share: a claim, and frames made of FLV tags.
 */
#ifndef TEST_FUZZ_FUZZING_H
#define TEST_FUZZ_FUZZING_H

#include <stdlib.h>
#include <string.h>

#include "kernel/flv.h"
#include "kernel/flv_frame.h"

static inline void check(int ok)
{
    if (!ok)
        abort();
}

/** The frame of a tag, not parsed. */
static inline struct frame *tag_frame(const struct flv_tag *tag)
{
    struct frame *f = frame_new(tag->len);
    f->kind = tag->type == FLV_AUDIO ? FRAME_AUDIO : tag->type == FLV_VIDEO ? FRAME_VIDEO : FRAME_SCRIPT;
    f->dts_us = tag->dts_ms * INT64_C(1000) + tag->len % 1000; /* as of an input that counts finer */
    f->len = tag->len;
    memcpy(f->data, tag->body, tag->len);
    return f;
}

/** The same as a server takes it in; NULL for what it drops. */
static inline struct frame *taken_frame(const struct flv_tag *tag)
{
    struct frame *f = tag_frame(tag);
    if (flv_frame_parse(f, NULL) != FLV_PARSE_OK || !flv_frame_to_avcc(&f, NULL))
        frame_unref(&f);
    return f;
}

#endif
