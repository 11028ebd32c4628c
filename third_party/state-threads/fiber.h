/*
 * Our addition to state-threads: stacks with a guard, and context switches that AddressSanitizer and
 * valgrind can follow. build-st.sh puts this file and fiber.c beside the files of state-threads, and
 * fiber.patch calls them. How and when a switch happens stays the same.
 *
 * ST_ASAN        announces each switch to AddressSanitizer (the --sanitizer=on build)
 * ST_VALGRIND    registers each stack with valgrind (if its headers are installed)
 */
#ifndef ST_FIBER_H
#define ST_FIBER_H

/* Guard a stack that was mapped, and tell the tools where it is. */
ST_PRIVATE void _st_fiber_stack_made(_st_stack_t *stack);

#ifdef ST_ASAN
/* Frames under the sanitizer are several times larger, and so are the stacks. */
enum { ST_FIBER_STACK_SCALE = 4 };

/* Note that a thread has got a stack, and that the thread of a stack is gone. */
ST_PRIVATE void _st_fiber_stack_taken(_st_stack_t *stack);
ST_PRIVATE void _st_fiber_stack_freed(_st_stack_t *stack);

/* Note that the current thread is about to jump to `to`, and that a jump has arrived at the current thread. */
ST_PRIVATE void _st_fiber_leave(_st_thread_t *to);
ST_PRIVATE void _st_fiber_arrive(void);

/* Note that the current thread will not come back after its next leave. */
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
