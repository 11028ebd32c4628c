/**
 * A notice: a callback whose answer decides nothing, and which waits for its delivery.
 *
 * Ownership  one block with all of its texts; whoever has it in a list frees it
 * Yields     no
 */
#ifndef APP_HOOKS_NOTICE_H
#define APP_HOOKS_NOTICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/hooks/call.h"
#include "core/attr.h"
#include "core/list.h"

struct hook_guest;
struct hook_journal;
struct hook_record;

/* Bytes of all notices in memory: beyond this none is made. */
enum { HOOK_NOTICES_BYTES_MAX = 32 << 20 };

struct hook_notice {
    struct list          link;
    struct hook_guest   *guest; /* outbox.c; NULL: the queue is the client's own */
    struct hook_call     call;  /* `url` is the one that is called next */
    const char          *queue;
    size_t               n_urls; /* that are still to be called */
    int64_t              wall_us;
    struct hook_journal *journal; /* NULL: it is not tried again, and ends with the process */
    size_t               bytes;
    char texts[]; /* queue, client_id, vhost, body, those of the manner, then the URLs, each with its NUL */
};

/** Make a notice of an event, to at least one URL: `call->url` is not used. NULL: no room, or memory is out. */
struct hook_notice *hook_notice_new(const char *queue, const struct hook_call *call, const struct conf_words *urls,
                                    int64_t wall_us) ATTR_MUST_USE;

/** A notice that a journal has kept. Its manner is that of no configuration: conf_serial is 0. */
struct hook_notice *hook_notice_of(const struct hook_record *r) ATTR_MUST_USE;

/** A copy of a notice that is told in this manner, and to these URLs; none: to those that it has. */
struct hook_notice *hook_notice_renew(const struct hook_notice *n, const struct hook_manner *manner,
                                      const struct conf_words *urls) ATTR_MUST_USE;

/** The record of a notice, which borrows its texts. */
struct hook_record hook_notice_record(const struct hook_notice *n);

/** Unlink and free it. NULL is allowed. */
void hook_notice_free(struct hook_notice *n);

/** What all notices hold. */
size_t hook_notices_bytes(void);
size_t hook_notices_count(void);

#endif
