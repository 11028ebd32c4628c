/**
 * Child processes with an owner: programs that are started, watched and ended beside the loop.
 *
 *     process_start(&p, &spec)        returns at once; the program is started on a worker thread
 *     loop:
 *         wait                        in any way that co_unpark() ends; a change of state unparks the owner
 *         process_state(p)
 *     process_release(&p)             ends the program if it runs; the rest happens without the owner
 *
 * Each program leads a process group of its own, so the processes that it has started end with it. It begins with default
 * signals, niceness 0, standard input from /dev/null, no other descriptor of the server, and the environment of the server
 * without its settings (SRS_*), which may hold passwords, and without NOTIFY_SOCKET. No shell reads its arguments. When the
 * program has ended or is told to end, its group gets SIGTERM; processes of the group that are left after PROCESS_TERM_US get SIGKILL. A program that has moved
 * to another group gets the same signals. If the server dies, the kernel sends the program a SIGTERM.
 *
 * Nothing blocks the loop: the program is executed on a thread, its output goes through pipes (program_output.h), its end is read
 * from a pidfd, and no signal handler is installed. Each child has a coroutine that waits for it, whatever its owner does.
 *
 * Units      microseconds
 */
#ifndef PROTOCOL_PROCESS_H
#define PROTOCOL_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/attr.h"
#include "core/clock.h"
#include "core/err.h"

/* Most programs at once, of all owners together; most bytes of one program's arguments; time between SIGTERM and SIGKILL. */
enum { PROCESSES_MAX = 256, PROCESS_ARGS_BYTES_MAX = 64 << 10, PROCESS_TERM_US = US_PER_SECOND };

/* A file of output that would become longer than this is renamed to FILE.1, and replaces an older one. */
enum { PROCESS_OUTPUT_BYTES_MAX = 64 << 20 };

struct output_tail;
struct process;

/** A program to run. */
struct process_spec {
    char *const *argv; /* arguments, ended by NULL; argv[0] is a path, or a name that is looked for in PATH */
    const char  *output, *errors; /* files for standard output and standard error (program_output.h); NULL: none */
    bool         has_tail;        /* Keep the newest lines of standard error: process_tail(). */
};

enum process_state {
    PROCESS_STARTING,
    PROCESS_RUNNING,
    PROCESS_FAILED, /* The program could not be started: process_take_error() says why. */
    PROCESS_ENDED,  /* The program and its group have ended. */
};

/** Needs co_init(), io_init(), offload_init(). Sets SIGCHLD to its default, so that children can be waited for. */
void process_init(void);

/** End all programs, wait until they have ended, and kill those that are left after `patience_us`. Yields. */
void process_shutdown(int64_t patience_us);

/**
 * Start a program for the running coroutine, which is its owner.
 *
 * Ownership  `spec` is copied; *out is released by process_release()
 * Errors     E_LIMIT when too many run already or the arguments are too long, out of memory
 * Yields     no
 */
struct err *process_start(struct process **out, const struct process_spec *spec) ATTR_MUST_USE;

enum process_state process_state(const struct process *p);

/** The process id of the program; 0 before it runs. */
pid_t process_id(const struct process *p);

/** The CPU time that the program itself has used, in microseconds; 0 when it does not run. */
int64_t process_cpu_us(const struct process *p);

/** The exit status of the program, in the form of wait(). */
int process_status(const struct process *p);

/** The newest lines of standard error (output_tail.h), which may still grow after the end. NULL if it was started without. */
struct output_tail *process_tail(const struct process *p);

/** The reason why the program could not be started; the caller owns it. NULL if there is none. */
struct err *process_take_error(struct process *p) ATTR_MUST_USE;

/** Describe an exit status for a log line: "exited with 3", "killed by signal 9". */
const char *process_describe(int status, char *buf, size_t cap);

/** Tell the program to end. Does not wait and does not yield. */
void process_end(struct process *p);

/** Give the process up, and end the program if it runs. Takes NULL. Does not yield. */
void process_release(struct process **p);

/** The number of programs that run or are being started. */
size_t process_count(void);

#endif
