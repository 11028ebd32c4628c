/**
 * The attendants of a stream: what is done for it beside playing it, by features that the source does not know.
 *
 * One table (app/attendants.c), read in order, says what attendants there are. Each moment of a stream (moments.h) is told here.
 * It starts the attendants that the stream's vhost wants, each in a coroutine of its own, and wakes those that are there:
 *
 *     static struct err *run(struct attendance *a)
 *     {
 *         unsigned moments;
 *         while (!attendance_is_over(a)) {
 *             ...                                         begin, go on, or change what is done for a->source
 *             e = attendance_wait(a, deadline, &moments)
 *         }
 *         ...                                             end what was begun
 *     }
 *
 * An attendance lasts while the vhost wants it and its stream is worth it: for one that begins with MOMENT_PUBLISHED while the
 * stream is published or held, for one that begins with MOMENT_FIRST_READER as long as it has readers, too. A reload that switches
 * one on or off under a live stream therefore starts it, or ends it; nobody else notices. When it is over the attendant ends what
 * it began, in a time that it bounds itself, and returns: it isn't cancelled before the server ends. A stream that comes back
 * before it has returned goes on with it, or starts it again afterwards.
 *
 * An attendant that fails is logged, and starts again with the next publish or reload; one that cannot be started for want of
 * memory, too. One that stalls keeps the source in memory, and harms nothing else. Its own reader counts as audience.
 *
 * Ownership  an attendance holds a reference to its source; its coroutine is among sources->attending, which the server joins
 * Yields     only where it is said
 */
#ifndef APP_SOURCE_ATTEND_H
#define APP_SOURCE_ATTEND_H

#include <stdbool.h>
#include <stdint.h>

#include "app/conf/conf.h"
#include "app/source/moments.h"
#include "core/attr.h"
#include "core/err.h"
#include "core/list.h"

struct attendance;
struct co;
struct source;
struct sources;

/** One row of the table, which ends with a row without a name. */
struct attendant {
    const char *name;
    enum moment begins_with; /* MOMENT_PUBLISHED or MOMENT_FIRST_READER */
    bool (*wanted)(const struct conf_vhost *vhost);
    struct err *(*run)(struct attendance *a); /* in a coroutine of its own; yields */
};

/** The table: attendants.c. */
extern const struct attendant attendants[];

/** One attendant at one stream. */
struct attendance {
    const struct attendant *by;
    struct source          *source;
    struct list             link; /* in source->attending */
    struct co              *co;
    uint64_t                seen; /* number of the newest moment that was taken */
};

/** A moment has come: wake the publisher, wake and start attendants. Readers see it when they look. Does not yield. */
void attend_tell(struct source *s, enum moment moment);

/** Whether there is nothing to do for it any more. Changes with any yield, to both sides. */
bool attendance_is_over(const struct attendance *a);

/** Which kinds of moments have come since the last call, or since the attendant was started: a set. Does not yield. */
unsigned attendance_take(struct attendance *a);

/**
 * Wait for a moment: *moments is what attendance_take() gives, and may be empty, because whatever else unparks the attendant's
 * coroutine ends the wait.
 *
 * Errors     E_SOCKET_TIMEOUT at the deadline; a cancel: the server ends, and no further wait succeeds
 * Yields     unless a moment has come already
 */
struct err *attendance_wait(struct attendance *a, int64_t deadline_us, unsigned *moments) ATTR_MUST_USE;

/**
 * At the server's end, when no session is left: wait until all attendants have returned, and cancel those that have not in
 * `patience_us`. Yields.
 */
void attend_join(struct sources *all, int64_t patience_us);

#endif
