/**
 * Coroutines with an owner.
 *
 * One primitive carries all waiting: a coroutine parks until it is unparked or cancelled, or its
 * deadline comes. Socket readiness, a new frame, a finished job and the end of another coroutine all
 * unpark. A coroutine that was unparked checks again what it waits for: wake-ups may be spurious, but
 * none is lost. A cancel sticks: from then on every co_park() fails with E_THREAD_INTERRUPTED.
 *
 * Every coroutine belongs to a group, and the owner of the group joins it, so none outlives its owner.
 * Other coroutines run during a yield: hold a reference across it, never a borrowed pointer.
 *
 * Units      deadlines are absolute now_us() times; DEADLINE_NEVER waits for ever
 * Source     state-threads 1.9
 */
#ifndef PROTOCOL_CO_H
#define PROTOCOL_CO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/clock.h"
#include "core/err.h"
#include "core/histogram.h"
#include "core/list.h"

struct co;

/** The coroutines that one owner started and waits for. */
struct co_group {
    struct list members;
    size_t      count;
    struct co  *joiner; /* the coroutine that is parked in co_group_join() */
};

/** Start the scheduler, once in a process; the caller becomes the first coroutine. Fails without epoll. */
struct err *co_init(void) ATTR_MUST_USE;

/**
 * Undo co_init() for a leak-free exit, when no other coroutine is left. A build with --debug then logs how deep the
 * coroutines of each name have used their stacks; those that have ended or called co_trim_stack() are counted.
 */
void co_finish(void);

void co_group_init(struct co_group *g);

/**
 * Start `fn(arg)` in a coroutine of its own. It inherits nothing; its trace id is random until
 * co_set_trace(). `name` is a literal, and is never freed.
 *
 * Ownership  `started` may be NULL; otherwise *started is the handle, valid until the coroutine ends
 * Errors     E_THREAD_CREATE, out of memory
 * Yields     no: the coroutine runs when the caller yields
 */
struct err *co_go(struct co_group *g, const char *name, void (*fn)(void *arg), void *arg,
                  struct co **started) ATTR_MUST_USE;

/** Cancel every member. Does not wait. */
void co_group_cancel(struct co_group *g);

/** Wait until every member has ended, or until the deadline; true if none is left. Yields. */
bool co_group_join(struct co_group *g, int64_t deadline_us);

/** Cancel every member, and wait until all have ended. Yields. */
void co_group_cancel_and_join(struct co_group *g);

/** The coroutine that is running. */
struct co *co_self(void);

void co_cancel(struct co *co);
bool co_is_cancelled(const struct co *co);

/**
 * The running coroutine has heard that it is cancelled, and says goodbye before it ends: its waits succeed again. Another cancel that
 * came meanwhile is forgotten too, so what it waits for has short deadlines. Does not yield.
 */
void co_end_cancel(void);

/**
 * Wait until co_unpark() of this coroutine. Returns at once if it came after the last park.
 *
 * Errors     E_SOCKET_TIMEOUT at the deadline; E_THREAD_INTERRUPTED when cancelled
 * Yields     yes
 */
struct err *co_park(int64_t deadline_us) ATTR_MUST_USE;

/** Wake a living coroutine. It may be called any number of times, from any coroutine, but not from a thread. */
void co_unpark(struct co *co);

/**
 * Rest until the coroutine is unparked or cancelled, or the deadline comes: when its function returns now, it gives its stack back, and
 * is called again, from its beginning, when the rest is over. For a coroutine that waits for long and often, and whose state is all
 * in `arg`: a connection between two requests. All else of it stays: its group, its trace id, its limits of log lines.
 *
 * The deadline may be a tenth of a second late. A coroutine that is cancelled does not rest, so its function ends it.
 */
void co_rest(int64_t deadline_us);

/** Sleep. The only error is E_THREAD_INTERRUPTED. Yields. */
struct err *co_sleep(int64_t duration_us) ATTR_MUST_USE;

/**
 * Make the running coroutine urgent: from its next wait on, it runs before those that are not urgent. Publishers and pacers,
 * which keep live streams going, are urgent, so that they do not wait for a crowd of newcomers. If both kinds have enough to
 * do, each gets half of the computing time.
 */
void co_set_urgent(bool urgent);

/**
 * Call `hook` once, before sockets are looked at again: when the coroutines that are ready now have run, or their turn is
 * over. It handles work that was gathered in that time. The hook belongs to no coroutine, and must not yield; it may unpark.
 * A hook that is asked for again meanwhile is called once; one that is asked for by a hook waits for the next look. At most
 * CO_LOOK_HOOKS may wait; they are called in the order in which they came.
 */
enum { CO_LOOK_HOOKS = 3 };
void co_before_look(void (*hook)(void));

/** Let all other coroutines that are ready run once, and look at I/O. Yields. */
void co_give_way(void);

/** Let other urgent coroutines run, and look at I/O. An urgent coroutine that has woken no other one calls it. Yields. */
void co_give_way_to_urgent(void);

/** As co_give_way(); returns the computing time of the others in microseconds, for a caller that takes a share of it. */
int64_t co_give_way_timed(void);

/*
 * The time slice: the time that a coroutine may run before it gives way. Every loop whose length a peer decides checks it in
 * each round; the check costs a read of the clock.
 */
enum { CO_SLICE_US = 2 * US_PER_MS };

/** True if the running coroutine has used up its slice. A loop that must not yield, but can end early, checks it. */
bool co_slice_is_over(void);

/** Call co_give_way() if the slice is over; true if it was. A cancel shows at the caller's next wait. Yields. */
bool co_give_way_by_time(void);

/**
 * The time at which a deadline for a peer is judged. A deadline during a standstill of the whole process (SIGSTOP, a frozen
 * container, a paused machine), or right after it, is moved to a second after the end of the standstill, because bytes that the
 * peer sent in time have not been read yet. All waits of io.h apply this by themselves.
 */
int64_t co_deadline(int64_t deadline_us);

/**
 * Give back the memory of the stack below the caller's frame, which earlier deep calls have touched: a
 * player that waits for hours keeps one page.
 */
void co_trim_stack(void);

/**
 * The trace id that the log prints for the running coroutine. It is copied and cut at IDENT_LEN. Before co_init(), it is that
 * of the main coroutine.
 */
void        co_set_trace(const char *trace);
const char *co_trace(void);

/**
 * The limits of the log lines of the running coroutine; NULL, as at its start: there are none. Borrowed until the coroutine
 * ends or sets others.
 */
struct log_limits;
void               co_set_log_limits(struct log_limits *limits);
struct log_limits *co_log_limits(void);

/** The number of living coroutines, for the statistics. */
size_t co_count(void);

/**
 * How long the turns of coroutines took, and the rounds of turns between two looks at sockets and timers. The turns per round, on
 * average, tell how many coroutines were ready at a time.
 */
struct co_times {
    struct histogram turns, rounds;
};
const struct co_times *co_times(void);

#endif
