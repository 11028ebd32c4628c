/*
 * What we add to state-threads: stacks with a guard, and context switches that AddressSanitizer and
 * valgrind can follow. build-st.sh puts this file and fiber.c beside state-threads' own, and fiber.patch
 * calls them. Neither touches how or when a switch happens.
 *
 * ST_ASAN        announce each switch to AddressSanitizer (the --sanitizer=on build)
 * ST_VALGRIND    register each stack with valgrind (when its headers are there)
 */
#ifndef ST_FIBER_H
#define ST_FIBER_H

/* A stack was mapped: guard it, and tell the tools where it is. */
ST_PRIVATE void _st_fiber_stack_made(_st_stack_t *stack);

#ifdef ST_ASAN
/* Frames under the sanitizer are several times their size, and so are the stacks. */
enum { ST_FIBER_STACK_SCALE = 4 };

/* A stack goes to a thread; and: its thread is gone. */
ST_PRIVATE void _st_fiber_stack_taken(_st_stack_t *stack);
ST_PRIVATE void _st_fiber_stack_freed(_st_stack_t *stack);

/* The current thread is about to jump to `to`; and: has just got here. */
ST_PRIVATE void _st_fiber_leave(_st_thread_t *to);
ST_PRIVATE void _st_fiber_arrive(void);

/* The next leave of the current thread is its last. */
ST_PRIVATE void _st_fiber_dies(void);
#else
enum { ST_FIBER_STACK_SCALE = 1 };
#define _st_fiber_stack_taken(stack) ((void)0)
#define _st_fiber_stack_freed(stack) ((void)0)
#define _st_fiber_leave(to)          ((void)0)
#define _st_fiber_arrive()           ((void)0)
#define _st_fiber_dies()             ((void)0)
#endif

#endif
