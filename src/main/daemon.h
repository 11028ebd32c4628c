/**
 * Moves the process into the background. The command that was typed exits with the result of the start as its status.
 */
#ifndef MAIN_DAEMON_H
#define MAIN_DAEMON_H

#include "core/attr.h"
#include "core/err.h"

/**
 * Fork twice; returns in the grandchild only. The first parent waits for daemon_started() and exits with
 * the status that it was told, so that a port that is taken or a locked pid file shows at once.
 * Before any thread is started. The working directory stays as it is.
 */
struct err *daemon_enter(void) ATTR_MUST_USE;

/** Tell the waiting parent how the start went: 0 or the exit status. Without daemon_enter() nothing happens. */
void daemon_started(int status);

/**
 * Close what the typed command's terminal or pipe would wait for: input and output to /dev/null, the error
 * output, where libc and the sanitizers may have last words, into the log file.
 */
void daemon_let_go_of_terminal(void);

#endif
