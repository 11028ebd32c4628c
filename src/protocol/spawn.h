/**
 * Execute a program in a new process: what a worker thread does for process.h, because it may block on a disk.
 *
 * The process is made as vfork() makes it, by clone(), so the memory of a large server is not copied and its other threads go on.
 *
 * Yields     never: for a thread
 */
#ifndef PROTOCOL_SPAWN_H
#define PROTOCOL_SPAWN_H

#include <sys/types.h>

struct spawn {
    /* What to run: borrowed. */
    char *const *argv, *const *envp; /* end with NULL */
    int output, errors;              /* descriptors, not standard ones; -1: /dev/null */

    /* What came of it. */
    pid_t       pid;
    int         pidfd;
    int         error; /* an errno; 0: the program is executed */
    const char *step;  /* what failed: "open", "execute" … */
    const char *what;  /* the file or program of it */
};

/** Run it; `error` tells how that went. The child leads its own process group and is the caller's to wait for. */
void spawn_run(struct spawn *s);

#endif
