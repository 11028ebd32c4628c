/**
 * Telling the servers that take a stream from this one its wall clock (wall.h), in the metadata.
 *
 * Yields     no
 */
#ifndef APP_SOURCE_WALL_TELL_H
#define APP_SOURCE_WALL_TELL_H

#include "core/attr.h"
#include "core/err.h"

struct frame;
struct source;

/**
 * A frame of media is about to enter, with its times: know the wall clock from the first one on, and tell it in the log.
 *
 * Errors     out of memory
 */
struct err *wall_follow(struct source *s, const struct frame *f) ATTR_MUST_USE;

/** The metadata of a publisher, with the wall clock where others are to be told. *own is a new frame, or NULL: nothing is to be told. Errors: out of memory. */
struct err *wall_put(const struct source *s, const struct frame *metadata, const struct frame *f,
                     struct frame **own) ATTR_MUST_USE;

#endif
