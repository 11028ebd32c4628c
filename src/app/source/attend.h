/**
 * The attendants of a stream: features that work on it beside playing it. The source does not know them.
 *
 * One table (app/attendants.c), read in order, names the attendants. attend_tell() is called at each moment of a stream
 * (moments.h). It starts the attendants that the stream's vhost wants, each in a coroutine of its own, and wakes the running ones:
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
 * An attendance lasts while the vhost wants it and the stream needs it. One that begins with MOMENT_PUBLISHED lasts while the
 * stream is published or held, unless it ends with the publisher; one that begins with MOMENT_FIRST_READER lasts also while it has
 * readers, or is pulled. A reload that switches
 * an attendant on or off under a live stream starts or ends it, and nothing else changes. When an attendance is over, the
 * attendant ends what it began, in a time that it bounds itself, and returns: it is not cancelled before the server ends. If the
 * stream comes back before the attendant has returned, the attendant continues or is started again afterwards.
 *
 * An attendant that reads the log has its place there from the moment that starts it: its coroutine may begin after the first frames of a
 * publish, which a log without a GOP cache would have forgotten by then. One that works on at the end of a publish, without the log, gives
 * its place up by attendance_leave_log(). If the stream is published again before it has returned, its next run finds a place in the log that
 * was taken at that moment.
 *
 * The failure of an attendant is logged. It is started again with the next publish or reload, as is an attendant that could not be
 * started for lack of memory. One that stalls keeps the source in memory and harms nothing else. Its own reader counts as
 * audience.
 *
 * Ownership  an attendance holds a reference to its source; its coroutine is a member of sources->attending, which the server
 *            joins
 * Yields     only the functions that say so
 */
#ifndef APP_SOURCE_ATTEND_H
#define APP_SOURCE_ATTEND_H

#include <stdbool.h>
#include <stdint.h>

#include "app/conf/conf.h"
#include "app/source/log_cursor.h"
#include "app/source/moments.h"
#include "core/attr.h"
#include "core/err.h"
#include "core/list.h"

struct attendance;
struct co;
struct source;
struct sources;

/** One row of the table of attendants. A row without a name ends the table. */
struct attendant {
    const char *name;
    enum moment begins_with;         /* MOMENT_PUBLISHED or MOMENT_FIRST_READER */
    bool        ends_with_publisher; /* It is over while the stream is held, unless the publish may go on. */
    bool        reads_log;           /* by the attendance's cursor */
    bool (*wanted)(const struct conf_vhost *vhost);
    bool (*brings)(const struct source *s);   /* of a pull: it can fetch this stream. NULL: the attendant is no pull */
    struct err *(*run)(struct attendance *a); /* Called in a coroutine of its own; yields. */
};

/** The table of attendants (app/attendants.c). */
extern const struct attendant attendants[];

/** One attendant at one stream. */
struct attendance {
    const struct attendant *by;
    struct source          *source;
    struct list             link; /* entry in source->attending */
    struct co              *co;
    struct log_cursor       cursor; /* of an attendant that reads the log; joined before each run, and left after it */
    bool                    has_left_log; /* The run reads no more: a cursor that has joined is for the next run. */
    int64_t                 published_us; /* when the publish began that had the stream when the cursor joined */
    uint64_t                seen;         /* number of the newest moment that attendance_take() has told */
};

/** Note a moment, wake the publisher, and wake or start attendants. Readers see it when they look. Does not yield. */
void attend_tell(struct source *s, enum moment moment);

/** True if an attendant would fetch the stream for a reader. Does not yield. */
bool attend_brings(const struct source *s);

/** True if an attendant would fetch some streams of the vhost for a reader. Does not yield. */
bool attend_may_bring(const struct sources *all, const struct conf_vhost *vhost);

/** True when the attendant has nothing to do any more. Any yield may change it, in both directions. */
bool attendance_is_over(const struct attendance *a);

/** The set of kinds of moments that have come since the last call, or since the attendant was started. Does not yield. */
unsigned attendance_take(struct attendance *a);

/** The attendant has taken all that it wants of this publish. Does not yield. */
void attendance_leave_log(struct attendance *a);

/**
 * Wait for a moment. *moments is the result of attendance_take(). It may be empty, because any other co_unpark() of the
 * attendant's coroutine also ends the wait.
 *
 * Errors     E_SOCKET_TIMEOUT at the deadline; E_THREAD_INTERRUPTED: the server ends, and no further wait succeeds
 * Yields     yes, unless a moment has come already
 */
struct err *attendance_wait(struct attendance *a, int64_t deadline_us, unsigned *moments) ATTR_MUST_USE;

/**
 * Wait until all attendants have returned, and cancel those that have not after `patience_us`. It is called at the end of the
 * server, when no session is left. Yields.
 */
void attend_join(struct sources *all, int64_t patience_us);

#endif
