/**
 * Shared parts of the tests that need the loop: a scheduler around them, connections, deadlines.
 *
 * Only the first coroutine asserts; the others record what they saw.
 */
#ifndef TEST_LOOP_H
#define TEST_LOOP_H

#include <stdint.h>

#include "core/clock.h"
#include "core/err.h"
#include "protocol/io.h"

/* A failing test ends after this time; a passing test needs far less. */
enum { A_WHILE_US = 60 * US_PER_SECOND };

/** The time that is A_WHILE_US from now. */
int64_t a_while(void);

/** Return the code of an error and free it. */
int code_of(struct err *e);

/** Set-up and teardown of a group of tests: scheduler and sockets, and a silent log. */
int loop_begin(void **state);
int loop_end(void **state);

/** Make a connection: an io, and the other end as a plain descriptor that never blocks. Returns 0, or -1 like a failed set-up. */
int connect_ends(struct io *io, int *other);

/** Close that end, if it is open. */
void close_end(int *other);

#endif
