/**
 * The newest key frame of a stream, with what a decoder needs before it.
 *
 * Ownership  holds references; end with key_frame_drop()
 */
#ifndef APP_SNAPSHOT_KEY_FRAME_H
#define APP_SNAPSHOT_KEY_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/err.h"
#include "kernel/frame.h"

struct source;

struct key_frame {
    uint64_t serial, seq; /* the source, and the number of the frame in its log: the same numbers mean the same frame */
    struct frame *frame;
    struct frame *config; /* NULL: the codec has none */
};

/** The newest key frame in the stream's log. False: there is none. Does not yield. */
bool key_frame_find(const struct source *s, struct key_frame *out);

/**
 * The same, but wait for the next one if there is none: a stream without players and without a GOP cache forgets its frames.
 *
 * Errors     E_SOCKET_TIMEOUT: none has come; E_END_OF_STREAM: the stream is not published, or has no pictures; E_THREAD_INTERRUPTED
 * Yields     yes; the caller holds a reference to the source
 */
struct err *key_frame_await(struct source *s, int64_t deadline_us, struct key_frame *out) ATTR_MUST_USE;

void key_frame_drop(struct key_frame *k);

#endif
