/**
 * The first notices of a queue, which are told together: one, the batch of a POST, or messages of Kafka.
 *
 *     struct hook_parcel p = { 0 };
 *     if (hook_parcel_pack(&p, notices) && hook_parcel_deliver(&p, notices, true))
 *         the first p.n notices have been told
 *     hook_parcel_finish(&p)
 */
#ifndef APP_HOOKS_PARCEL_H
#define APP_HOOKS_PARCEL_H

#include <stdbool.h>
#include <stddef.h>

#include "app/hooks/notice.h"
#include "core/attr.h"
#include "core/buf.h"
#include "core/list.h"

struct hook_parcel {
    size_t           n;           /* notices in it */
    struct hook_call call;        /* borrows its texts from the notices and from `body` */
    struct buf       body;        /* of a batch */
    bool             is_answered; /* by the server that was called last */
};

/** Pack the first notices of a list, which has at least one. False: out of memory. Does not yield. */
bool hook_parcel_pack(struct hook_parcel *p, const struct list *notices) ATTR_MUST_USE;

/**
 * Call the URLs one after the other. A refusal ends it, as with calls that decide.
 *
 * Shape      is_first_try: the log does not know of a failure yet
 * Returns    false: a server cannot be asked now, and the notices have a journal, so that they are tried again from this URL on
 * Yields     yes; notices may be added to the list meanwhile, at its end
 */
bool hook_parcel_deliver(struct hook_parcel *p, struct list *notices, bool is_first_try) ATTR_MUST_USE;

/** Free the body. All zero is allowed. */
void hook_parcel_finish(struct hook_parcel *p);

#endif
