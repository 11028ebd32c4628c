/**
 * What tests share that run where the server runs: a scheduler around them, connections to test with, deadlines.
 *
 * Only the first coroutine asserts; the others write down what they saw.
 */
#ifndef TEST_LOOP_H
#define TEST_LOOP_H

#include <stdint.h>

#include "core/clock.h"
#include "core/err.h"
#include "protocol/io.h"

/* Soon enough for a test that fails, far beyond what one that passes needs. */
enum { A_WHILE_US = 60 * US_PER_SECOND };

/** The moment that is that far away. */
int64_t a_while(void);

/** The code of an error that is not needed any more. */
int code_of(struct err *e);

/** Set-up and teardown of a group of tests: scheduler and sockets, and a log that says nothing. */
int loop_begin(void **state);
int loop_end(void **state);

/** A connection: an io, and the other end as a plain descriptor that never blocks. 0, or -1 as a set-up would return. */
int connect_ends(struct io *io, int *other);

/** Close that end, if it is open. */
void close_end(int *other);

#endif
