/**
 * Coroutines with an owner.
 *
 * One primitive carries all waiting: a coroutine parks until somebody unparks it, it is cancelled or its
 * deadline comes. Socket readiness, a new frame, a finished job and the end of another coroutine all
 * unpark; whoever parked looks again at what it was waiting for (wake-ups may be spurious, none is lost).
 * A cancel sticks: from then on every co_park() fails with E_THREAD_INTERRUPTED.
 *
 * Every coroutine belongs to a group, and the owner of the group joins it: none outlives what it works for.
 * A yield is where the world changes: hold a reference across it, never a borrowed pointer.
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
#include "core/list.h"

struct co;

/** The coroutines that one owner started and waits for. */
struct co_group {
    struct list members;
    size_t      count;
    struct co  *joiner; /* parked in co_group_join() */
};

/** Start the scheduler; the caller becomes the first coroutine. Refuses anything but epoll. Once a process. */
struct err *co_init(void) ATTR_MUST_USE;

/**
 * Undo co_init(): for a leak-free exit, when no other coroutine is left. A build with --debug logs then how deep the
 * coroutines of each name have used their stacks, as far as they have ended or called co_trim_stack().
 */
void co_finish(void);

void co_group_init(struct co_group *g);

/**
 * Start `fn(arg)` in a coroutine of its own. It inherits nothing; its trace id is random until
 * co_set_trace(). `name` is borrowed for ever (a literal).
 *
 * Ownership  `started` may be NULL; else the handle, valid until the coroutine ends
 * Errors     E_THREAD_CREATE, out of memory
 * Yields     no: it runs when the caller yields
 */
struct err *co_go(struct co_group *g, const char *name, void (*fn)(void *arg), void *arg,
                  struct co **started) ATTR_MUST_USE;

/** Cancel every member. Does not wait. */
void co_group_cancel(struct co_group *g);

/** Wait until every member has ended, or the deadline; true when none is left. Yields. */
bool co_group_join(struct co_group *g, int64_t deadline_us);

/** Both, without limit. Yields. */
void co_group_cancel_and_join(struct co_group *g);

/** The coroutine that is running. */
struct co *co_self(void);

void co_cancel(struct co *co);
bool co_is_cancelled(const struct co *co);

/**
 * Wait until co_unpark(self); returns at once if that came since the last park.
 *
 * Errors     E_SOCKET_TIMEOUT at the deadline; E_THREAD_INTERRUPTED when cancelled
 * Yields     yes
 */
struct err *co_park(int64_t deadline_us) ATTR_MUST_USE;

/** May be called on any living coroutine, any number of times, from any coroutine (not from a thread). */
void co_unpark(struct co *co);

/** Sleep; the only error is the cancel. Yields. */
struct err *co_sleep(int64_t duration_us) ATTR_MUST_USE;

/**
 * From its next wait on, the running coroutine goes before those that are not urgent: for what keeps live streams going,
 * its publishers and pacers. A crowd of newcomers then waits for them, not they for the crowd. By computing time: when both
 * have enough to do, each gets half.
 */
void co_set_urgent(bool urgent);

/**
 * Call `hook` once, before sockets are looked at again: when the coroutines that are ready now have run, or their turn is
 * over. For what was gathered in that time. It belongs to no coroutine, and must not yield; it may unpark. The process
 * has one such hook: another one takes the place of the first.
 */
void co_before_look(void (*hook)(void));

/** Let all others that are ready run once, and I/O be looked at. */
void co_give_way(void);

/** For an urgent coroutine that has woken nobody: let I/O be looked at, and others that are urgent run. */
void co_give_way_to_urgent(void);

/** As co_give_way(); returns how much computing time the others took, in microseconds: for a caller that takes a share of it. */
int64_t co_give_way_timed(void);

/*
 * The time slice: how long a coroutine may run before it gives way. Every loop whose length a peer decides asks once per
 * round, of whatever that round does: it costs a read of the clock.
 */
enum { CO_SLICE_US = 2 * US_PER_MS };

/** Whether the running coroutine has used up its slice: for a loop that must not yield where it stands, but can end early. */
bool co_slice_is_over(void);

/** co_give_way() if the slice is over; true when it was. A cancel is left to the caller's next wait. Yields. */
bool co_give_way_by_time(void);

/**
 * When a deadline for a peer is to be judged: one that fell into a standstill of the whole process (SIGSTOP, a frozen
 * container, a paused machine), or right behind it, is moved a second behind the end of the standstill, because what the
 * peer sent in time has not been read yet. All waiting of io.h judges so by itself.
 */
int64_t co_deadline(int64_t deadline_us);

/**
 * Give back the memory of the stack below the caller's frame, which a deep call long ago touched: a
 * player that waits for hours keeps one page.
 */
void co_trim_stack(void);

/**
 * The trace id that the log prints for the running coroutine; copied, cut at IDENT_LEN. Before co_init() there is the
 * main coroutine's.
 */
void        co_set_trace(const char *trace);
const char *co_trace(void);

/**
 * What limits the log lines of the running coroutine; NULL, as at its start: nothing does. Borrowed until the coroutine
 * ends or sets another.
 */
struct log_limits;
void               co_set_log_limits(struct log_limits *limits);
struct log_limits *co_log_limits(void);

/** How many coroutines live, for the statistics. */
size_t co_count(void);

#endif
