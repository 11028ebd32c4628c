/**
 * The entrance of a source: what a publisher brings gets its time in the stream, and is appended. Whatever depends on the stream
 * (its clock, its log, what its metadata announces) happens here, so that it happens late for a stream that is delayed.
 *
 * Yields     no
 */
#ifndef APP_SOURCE_ENTER_H
#define APP_SOURCE_ENTER_H

#include "core/attr.h"
#include "core/err.h"

struct arrival;
struct source;

/**
 * Give the frame its time, and append it. The log takes a reference of its own.
 *
 * Shape      the caller has the only reference to the frame
 * Errors     out of memory: the frame is lost
 */
struct err *source_enter(struct source *s, const struct arrival *a) ATTR_MUST_USE;

#endif
