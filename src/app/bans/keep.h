/**
 * Bans over restarts, and their effect on clients that are there: the file, and a coroutine that ends who is banned.
 */
#ifndef APP_BANS_KEEP_H
#define APP_BANS_KEEP_H

#include "core/attr.h"
#include "core/err.h"

/**
 * Read the bans of the last run from the file beside the pid file, `.bans` in place of `.pid`, and keep them there from now on.
 * Lines that are none are counted in the log; a file that cannot be read is an ERROR there. Called before anybody is served.
 *
 * Yields     yes
 */
void bans_open(const char *pid_path);

/**
 * A coroutine: writes the file when bans have changed, at most once a second, and ends the clients that a new ban covers.
 *
 * Shape      arg: the struct registry of all clients
 * Yields     yes
 */
void bans_run(void *arg);

/** A ban was made: bans_run() has work. Does nothing when it does not run. Does not yield. */
void bans_wake(void);

#endif
