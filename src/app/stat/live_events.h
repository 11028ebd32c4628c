/**
 * What happens in the server, told to consoles at once: the newest events, as text of Server-Sent Events, and who listens.
 *
 *     if (live_events_are_wanted()) {
 *         struct jw j = JW_INIT;
 *         jw_object(&j, NULL) …
 *         live_events_tell("client", &j);
 *     }
 *
 * While nobody listens nothing is written or kept. A listener that falls behind by more than LIVE_EVENTS_KEPT is told how many it
 * has missed. The process has one such list.
 *
 * Shape      at most LIVE_EVENTS_KEPT events of LIVE_EVENT_BYTES_MAX, and LIVE_LISTENERS_MAX listeners
 * Source     WHATWG HTML, 9.2 (Server-sent events)
 * Ownership  a listener is its caller's, from live_events_join() to live_events_leave()
 * Yields     no
 */
#ifndef APP_STAT_LIVE_EVENTS_H
#define APP_STAT_LIVE_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/buf.h"
#include "core/jw.h"
#include "core/list.h"
#include "protocol/co.h"

enum { LIVE_EVENTS_KEPT = 1024, LIVE_EVENT_BYTES_MAX = 4 << 10, LIVE_LISTENERS_MAX = 32 };

struct live_listener {
    struct list link;
    struct co  *co;   /* is woken by each event */
    uint64_t    next; /* number of the next event */
};

/** True while somebody listens. */
bool live_events_are_wanted(void);

/** Keep an event and wake the listeners. Finishes `j`. One that is too long, or finds no memory, is only counted. */
void live_events_tell(const char *name, struct jw *j);

/** Begin with the next event. False: there are LIVE_LISTENERS_MAX already. */
bool live_events_join(struct live_listener *l, struct co *co) ATTR_MUST_USE;
void live_events_leave(struct live_listener *l);

/** Append the events that have come since, as many as fit below half of the buffer's ceiling; `lost` comes first if some are gone. */
void live_events_take(struct live_listener *l, struct buf *out);

/** Free the events. Nobody listens any more. */
void live_events_finish(void);

#endif
