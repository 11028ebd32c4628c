/**
 * Tags of FLV on their way to the writer of a file. The bodies are not copied: the frames are held until they are written.
 *
 *     flv_tags_add(&t, frame, dts_ms)       for each frame
 *     flv_tags_append(&t, writer)           all of them, each as a unit
 *
 * Ownership  flv_tags_append() passes the frames on to the writer; flv_tags_clear() drops those that were not appended
 * Source     Adobe FLV 10.1, Annex E.4.1
 * Yields     no
 */
#ifndef APP_DVR_FLV_TAGS_H
#define APP_DVR_FLV_TAGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "kernel/frame.h"

struct file_writer;
struct flv_tag_batch;

/* Bounds of what is appended at a time, which one writev() takes; a single frame may be longer. */
enum { FLV_TAGS_MAX = 85, FLV_TAGS_BYTES_MAX = 512 << 10 };

struct flv_tags {
    struct flv_tag_batch *batch; /* NULL: nothing waits */
};

/** Add a frame, which has at most FLV_BODY_MAX bytes. False if memory is out; nothing was added. */
bool flv_tags_add(struct flv_tags *t, struct frame *f, int32_t dts_ms) ATTR_MUST_USE;

/** What waits has to be appended before more is added. */
bool flv_tags_are_full(const struct flv_tags *t);

void flv_tags_append(struct flv_tags *t, struct file_writer *w);

void flv_tags_clear(struct flv_tags *t);

#endif
