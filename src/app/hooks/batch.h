/**
 * The body of on_batch: many events in one POST. Each event is a notice of its own, HOOK_BATCH, in a queue of the
 * vhost, so that the journal keeps it; several of them are sent together.
 *
 *     [{"event_id":"6k2j0x9q7d3f8b1m","sequence":12,"time_ms":1796032856123, …as in a call of its own…}, …]
 *
 * Yields     no
 */
#ifndef APP_HOOKS_BATCH_H
#define APP_HOOKS_BATCH_H

#include <stddef.h>

#include "app/hooks/notice.h"
#include "core/attr.h"
#include "core/buf.h"

/* Bytes of one POST; a longer event goes alone. */
enum { HOOK_BATCH_BYTES_MAX = 1 << 20 };

/** Append an event: its body with the members that tell it apart before the others. */
void hook_batch_write_one(const struct hook_notice *n, struct buf *out);

/**
 * Write the body of the next POST: the first notices of the list, as many as their manner and HOOK_BATCH_BYTES_MAX allow.
 *
 * Shape      the first is HOOK_BATCH; others follow as long as they are, and have the same URL
 * Returns    their number; 0: out of memory
 */
size_t hook_batch_write(const struct list *notices, struct buf *out) ATTR_MUST_USE;

#endif
