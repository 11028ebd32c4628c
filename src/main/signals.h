/**
 * Signals as events of the loop.
 *
 *     HUP reload · USR1 reopen the log · TERM, INT quick stop (TERM graceful with force_grace_quit) ·
 *     QUIT graceful stop · USR2, PIPE nothing
 *
 * A crash (SEGV, BUS, FPE, ILL, ABRT) writes a backtrace into the log and goes on to its core dump.
 */
#ifndef MAIN_SIGNALS_H
#define MAIN_SIGNALS_H

#include "core/attr.h"
#include "core/err.h"

struct server;

/** Block the signals that are handled here. Call it before any thread is started: threads inherit what is blocked. */
void signals_block(void);

/** Handle signals in a coroutine among the server's services. */
struct err *signals_start(struct server *s) ATTR_MUST_USE;

#endif
