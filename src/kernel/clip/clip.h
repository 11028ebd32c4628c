/**
 * A media file in memory, read frame by frame, as often as wanted.
 *
 *     clip_begin(&c, bytes, len)
 *     while ((read = clip_next(&c, &f)) != CLIP_END) …     CLIP_FRAME: the caller owns f; CLIP_NOTHING: ask again
 *     clip_rewind(&c)                                      from its first frame on
 *
 * FLV and MP4 (mp4/file.h, mp4/fragmented.h) are read. Data messages are left out. What cannot be parsed is left out as well; a file that breaks off ends there.
 *
 * Shape      configurations come as frames, before the frames that need them
 * Units      dts_us and pts_us of frames: the file's own time
 * Ownership  borrows the bytes until clip_finish(); points into itself, so that it is not copied
 * Yields     no
 */
#ifndef KERNEL_CLIP_CLIP_H
#define KERNEL_CLIP_CLIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/rd.h"
#include "kernel/frame_make.h"
#include "kernel/mp4/file.h"
#include "kernel/mp4/fragmented.h"

enum clip_form { CLIP_FLV, CLIP_MP4, CLIP_FRAGMENTED };

struct clip {
    enum clip_form        form;
    struct rd             tags, left; /* of FLV: all tags, and those that have not been read */
    struct mp4_file       mp4;
    struct mp4_fragmented fragmented;
    struct frame_unit     unit; /* of MP4: what is left of the sample that is being read */
    struct frame_maker    maker;
};

/** False if the bytes are no file that can be read; then there is nothing to finish. */
bool clip_begin(struct clip *c, const void *bytes, size_t len) ATTR_MUST_USE;

enum clip_read { CLIP_FRAME, CLIP_NOTHING, CLIP_END, CLIP_NO_MEMORY };

/** Read on. CLIP_NOTHING: something was left out, so that a caller may yield. */
enum clip_read clip_next(struct clip *c, struct frame **out) ATTR_MUST_USE;

void clip_rewind(struct clip *c);

/** Takes a clip that is all zero. */
void clip_finish(struct clip *c);

#endif
