/**
 * Where the output of programs goes: through a pipe into a file that does not grow without end.
 *
 * A coroutine takes the output out of the pipe, so that a program is never held up by the disk, and appends it to the file
 * in whole lines (protocol/file_writer, which tells what becomes of them when the disk is slow, full or frozen). Programs
 * that name the same path share the file. A file at its bound becomes PATH.1, in place of an older one.
 *
 * Yields     program_output_shutdown() only
 */
#ifndef PROTOCOL_PROGRAM_OUTPUT_H
#define PROTOCOL_PROGRAM_OUTPUT_H

#include <stdint.h>

#include "core/attr.h"
#include "core/err.h"

/* Bytes that wait for the disk, for each file; a line that is longer is cut; how long a part of a line waits for its end. */
enum { PROGRAM_OUTPUT_QUEUE_BYTES = 256 << 10, PROGRAM_OUTPUT_LINE_MAX = 8 << 10, PROGRAM_OUTPUT_WAIT_US = 1000000 };

/** Needs co_init() and io_init(). */
void program_output_init(void);

/**
 * A pipe to the file.
 *
 * Shape      `max_bytes` bounds the file and PATH.1 each
 * Ownership  *fd is the end for the program, close-on-exec; the caller closes it once the program has it. The file is open
 *            until the last program has closed its end
 * Errors     out of memory, E_SYSTEM_CREATE_PIPE, E_THREAD_CREATE. That the file cannot be opened is logged, and no error
 */
struct err *program_output_open(const char *path, int64_t max_bytes, int *fd) ATTR_MUST_USE;

/** Wait for the ends of all pipes, at most `patience_us`, then stop reading. After all programs have ended. */
void program_output_shutdown(int64_t patience_us);

#endif
