/**
 * Moves the process into the background. The command that was typed exits with the result of the start as its status.
 */
#ifndef MAIN_DAEMON_H
#define MAIN_DAEMON_H

#include "core/attr.h"
#include "core/err.h"

/**
 * Fork twice; returns in the grandchild only. The first parent waits for daemon_started() and exits with its status, so that a
 * port in use or a locked pid file shows at once. Call it before any thread is started. The working directory stays as it is.
 */
struct err *daemon_enter(void) ATTR_MUST_USE;

/** Report the result of the start to the waiting parent: 0 or the exit status. Without daemon_enter() nothing happens. */
void daemon_started(int status);

/**
 * Let go of the terminal or pipe of the typed command, which would otherwise wait. Input and output go to /dev/null; the error
 * output, where libc and the sanitizers may still report, goes to the log file.
 */
void daemon_let_go_of_terminal(void);

#endif
