/**
 * The output of programs: it goes through a pipe into a file of bounded size.
 *
 * A coroutine takes the output out of the pipe, so that a program is never held up by the disk, and appends it to the file
 * in whole lines. protocol/file_writer says what becomes of them when the disk is slow, full or frozen. Programs that name
 * the same path share the file. A file at its bound is renamed to PATH.1, and replaces an older one.
 *
 * Yields     program_output_shutdown() only
 */
#ifndef PROTOCOL_PROGRAM_OUTPUT_H
#define PROTOCOL_PROGRAM_OUTPUT_H

#include <stdint.h>

#include "core/attr.h"
#include "core/err.h"

/* Most bytes of a file that wait for the disk; longest line, the rest is cut; longest wait of a part of a line for its end. */
enum { PROGRAM_OUTPUT_QUEUE_BYTES = 256 << 10, PROGRAM_OUTPUT_LINE_MAX = 8 << 10, PROGRAM_OUTPUT_WAIT_US = 1000000 };

/** Needs co_init() and io_init(). */
void program_output_init(void);

/*
 * Pipes that may be open at once. They may outnumber the programs: a process that has left its program's group (a daemon)
 * keeps its pipe open after the program has ended.
 */
enum { PROGRAM_OUTPUT_PIPES_MAX = 1024 };

struct output_tail;

/**
 * Make a pipe to the file.
 *
 * Shape      path: NULL for no file; `tail` gets the lines too, NULL: none does. `max_bytes` bounds the file and PATH.1 each
 * Ownership  takes a reference to `tail`. *fd is the end for the program, close-on-exec; the caller closes it once the program has it. The file is open
 *            until the last program has closed its end
 * Errors     E_LIMIT, out of memory, E_SYSTEM_CREATE_PIPE, E_THREAD_CREATE. A file that cannot be opened is logged, and is no error
 */
struct err *program_output_open(const char *path, int64_t max_bytes, struct output_tail *tail, int *fd) ATTR_MUST_USE;

/** Wait for the ends of all pipes, at most `patience_us`, then stop reading. All programs have ended before the call. */
void program_output_shutdown(int64_t patience_us);

#endif
