/**
 * Child processes with an owner: programs that are started, watched and ended beside the loop.
 *
 *     process_start(&p, &spec)        returns at once; the program is started on a worker thread
 *     loop:
 *         wait                        in any way that co_unpark() ends: the owner is unparked when the state changes
 *         process_state(p)
 *     process_release(&p)             ends it if it runs; what is left to do is done without the owner
 *
 * Each program leads a process group of its own, so what it has started ends with it. It begins with default signals, niceness 0,
 * standard input from /dev/null, no other descriptor of the server, and the environment of the server without its settings
 * (SRS_*), which may hold passwords. No shell reads its arguments. When it has ended, or is told to, its group gets SIGTERM, and
 * what is left of the group after PROCESS_TERM_US gets SIGKILL. Should the server die, the kernel sends the program a SIGTERM.
 *
 * Nothing blocks the loop: the program is executed on a thread, its output goes through pipes (program_output.h), its end is read
 * from a pidfd, and no signal handler is installed. Every child is waited for by a coroutine of its own, whatever its owner does.
 *
 * Units      microseconds
 */
#ifndef PROTOCOL_PROCESS_H
#define PROTOCOL_PROCESS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/attr.h"
#include "core/clock.h"
#include "core/err.h"

/* Programs that may run at once, of all owners together; bytes of one program's arguments; how long it may take to end. */
enum { PROCESSES_MAX = 256, PROCESS_ARGS_BYTES_MAX = 64 << 10, PROCESS_TERM_US = US_PER_SECOND };

/* A file of output that would become longer becomes FILE.1, in place of an older one. */
enum { PROCESS_OUTPUT_BYTES_MAX = 64 << 20 };

struct process;

/** What to run. */
struct process_spec {
    char *const *argv;            /* ends with NULL; argv[0] is a path, or a name that is looked for in PATH */
    const char  *output, *errors; /* files that get standard output and standard error (program_output.h); NULL: none */
};

enum process_state {
    PROCESS_STARTING,
    PROCESS_RUNNING,
    PROCESS_FAILED, /* it could not be started: process_take_error() says why */
    PROCESS_ENDED,  /* it and its group have ended */
};

/** Needs co_init(), io_init(), offload_init(). Children are waited for from then on, whatever became of SIGCHLD before. */
void process_init(void);

/** End all programs, wait until they have ended, and kill what is left after `patience_us`. Yields. */
void process_shutdown(int64_t patience_us);

/**
 * Start a program for the running coroutine, which is its owner.
 *
 * Ownership  `spec` is copied; *out is for process_release()
 * Errors     E_LIMIT when too many run already or the arguments are too long, out of memory
 * Yields     no
 */
struct err *process_start(struct process **out, const struct process_spec *spec) ATTR_MUST_USE;

enum process_state process_state(const struct process *p);

/** Its process id while it runs; 0 before. */
pid_t process_id(const struct process *p);

/** How it ended: as wait() tells it. */
int process_status(const struct process *p);

/** Why it could not be started; the caller's. NULL when there is nothing to tell. */
struct err *process_take_error(struct process *p) ATTR_MUST_USE;

/** "exited with 3", "killed by signal 9": how it ended, for a log line. */
const char *process_describe(int status, char *buf, size_t cap);

/** Tell it to end. Does not wait and does not yield. */
void process_end(struct process *p);

/** The owner needs it no more. Ends it if it runs. Takes NULL. Does not yield. */
void process_release(struct process **p);

/** How many programs run or are being started. */
size_t process_count(void);

#endif
