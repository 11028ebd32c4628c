/**
 * Execution of a program in a new process. process.h calls it on a worker thread, because it may block on a disk.
 *
 * The process shares the memory of the server until it executes (clone(), as vfork() does), so the memory of a large server is
 * not copied, and the other threads go on.
 *
 * Yields     no: it is called on a thread
 */
#ifndef PROTOCOL_SPAWN_H
#define PROTOCOL_SPAWN_H

#include <sys/types.h>

struct spawn {
    /* The program, borrowed. */
    char *const *argv, *const *envp; /* arguments and environment, both ended by NULL */
    int output, errors;              /* descriptors above the standard ones; -1: /dev/null */

    /* The result. */
    pid_t       pid;
    int         pidfd;
    int         error; /* an errno; 0: the program is executed */
    const char *step;  /* the step that failed: "open", "execute" … */
    const char *what;  /* the file or program that the step was for */
};

/** Run the program; s->error tells the result. The child leads its own process group; the caller waits for it. */
void spawn_run(struct spawn *s);

#endif
