/**
 * Who runs first on a busy core: the loop, before the threads that work for it and before other processes.
 *
 * The loop sleeps most of the time and has little to do each time it wakes. By default the kernel may let whoever runs on the
 * core finish a turn of about 3 ms first, which each viewer would see as latency. No privilege is needed for either call, and where the
 * kernel refuses, nothing changes.
 */
#ifndef CORE_PRIORITY_H
#define CORE_PRIORITY_H

/**
 * The calling thread gets short turns, and in exchange gets them soon (Linux 6.12 and later; sched_setattr(2), sched_runtime). Threads
 * and programs that it starts have ordinary turns.
 */
void priority_short_turns(void);

/** The calling thread gives way to others that want to run, but goes on to run beside them. */
void priority_give_way(void);

#endif
