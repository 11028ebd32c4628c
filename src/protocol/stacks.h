/**
 * Stacks, on which coroutines run. A job keeps the stack on which it began until it returns; then the stack runs the next job. So jobs
 * that need not wait share one, which is in the CPU's cache. The stack that was used last is used first.
 *
 * Some stacks are kept without a job; others give their memory back.
 *
 * Source     state-threads 1.9: a stack is one of its threads
 * Yields     no, but stacks_finish()
 */
#ifndef PROTOCOL_STACKS_H
#define PROTOCOL_STACKS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/attr.h"
#include "core/list.h"

struct stack_job {
    struct list link;
    void (*run)(struct stack_job *job); /* The job may be gone when it returns. */
};

/** Needs state-threads. A second call does nothing. */
void stacks_init(void);

/** Run a job on a stack of its own, when the caller yields. False without memory. */
bool stacks_run_alone(struct stack_job *job) ATTR_MUST_USE;

/** Run a job when the caller yields, behind others on one stack, if they need not wait. Without memory it begins when there is some. */
void stacks_run(struct stack_job *job);

/** The running job is about to wait: those behind it get another stack. */
void stacks_hand_over(void);

/** Give back the memory of the running job's stack below the caller's frame. Does nothing on the process's own stack. */
void stacks_trim(void);

/** As stacks_trim(), but only if other jobs have run on this stack since it was trimmed. */
void stacks_clean(void);

/** How deep the running job's stack has been used since it was trimmed last; 0 on the process's own stack. */
size_t stacks_depth(void);

/** Address space of all stacks. Only pages that were touched, and not trimmed since, are memory. */
size_t stacks_bytes(void);

/** End all stacks. No job is left. Yields. */
void stacks_finish(void);

#endif
