/**
 * Shared parts of the fuzzers: check(), and frames made from FLV tags.
 */
#ifndef TEST_FUZZ_FUZZING_H
#define TEST_FUZZ_FUZZING_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/flv.h"
#include "kernel/flv_frame.h"

/** End the run unless the condition holds, and tell where: an optimised program has no line in its backtrace. */
#define check(condition) check_at((condition), #condition, __FILE__, __LINE__)

static inline void check_at(int ok, const char *condition, const char *file, int line)
{
    if (ok)
        return;
    fprintf(stderr, "%s:%d: check(%s) failed\n", file, line, condition);
    abort();
}

/** Make the frame of a tag, without parsing it. */
static inline struct frame *tag_frame(const struct flv_tag *tag)
{
    struct frame *f = frame_new(tag->len);
    f->kind = tag->type == FLV_AUDIO ? FRAME_AUDIO : tag->type == FLV_VIDEO ? FRAME_VIDEO : FRAME_SCRIPT;
    f->dts_us = tag->dts_ms * INT64_C(1000) + tag->len % 1000; /* some inputs have times finer than milliseconds */
    f->len = tag->len;
    memcpy(f->data, tag->body, tag->len);
    return f;
}

/** Make the frame of a tag as the server does; NULL for a tag that the server drops. */
static inline struct frame *taken_frame(const struct flv_tag *tag)
{
    struct frame *f = tag_frame(tag);
    if (flv_frame_parse(f, NULL) != FLV_PARSE_OK || !flv_frame_to_avcc(&f, NULL))
        frame_unref(&f);
    return f;
}

#endif
