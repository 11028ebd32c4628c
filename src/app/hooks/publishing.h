/**
 * Publishers of a stream take turns at its callbacks: a backend is asked about one at a time, not about one that would find the name
 * taken, and not before the last one has left.
 *
 * A place lasts from hook_publishing_enter() to hook_publishing_leave().
 */
#ifndef APP_HOOKS_PUBLISHING_H
#define APP_HOOKS_PUBLISHING_H

#include <stdbool.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/err.h"

struct source;

/**
 * Wait until a publisher of this stream may be asked about.
 *
 * Errors     E_SYSTEM_STREAM_BUSY if the stream is live and not to be taken over, or somebody else's turn lasts beyond the
 *            deadline; E_THREAD_INTERRUPTED, out of memory
 * Yields     if another publisher has its turn
 */
struct err *hook_publishing_enter(const struct source *source, int64_t deadline_us) ATTR_MUST_USE;

/** It is decided about the publisher: the next one may come. Does not yield. */
void hook_publishing_decided(const char *key);

/** The publisher has gone, or was refused. Does not yield. */
void hook_publishing_leave(const char *key);

#endif
