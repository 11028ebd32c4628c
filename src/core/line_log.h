/**
 * A file of text lines that is only appended to and survives a kill at any byte: one record a line, each with a checksum.
 *
 *     8f0e2c1d 1718000000000 2000 cam-17.ts\n
 *
 * A line that was cut, or that a power loss left as zeros, does not match its checksum and is passed over. A writer that opens a
 * file again first appends LINE_LOG_BREAK: it ends a line that was cut, and is nothing on its own.
 *
 * Shape      FNV-1a (32 bits) of the text as 8 lower-case hexadecimal digits, a space, the text, LF. The text has no LF and no NUL
 * Yields     no
 */
#ifndef CORE_LINE_LOG_H
#define CORE_LINE_LOG_H

#include <stdbool.h>
#include <stddef.h>

#include "core/attr.h"

struct buf;

#define LINE_LOG_BREAK "\n"

/** Add a record: one unit for file_writer_append(). A text that holds LF or NUL is left out, and false comes back. */
bool line_log_format(struct buf *out, const char *text, size_t len);

/* Reads the contents of a file, which it borrows. */
struct line_log_reader {
    const char *p, *end;
    size_t      n_torn; /* lines that were passed over */
};

static inline struct line_log_reader line_log_over(const char *bytes, size_t len)
{
    return (struct line_log_reader){ .p = bytes, .end = bytes + len };
}

/**
 * The next whole record, in the order of writing. False at the end.
 *
 * Ownership  *text points into the bytes of the reader, *len bytes long and not terminated
 */
bool line_log_next(struct line_log_reader *r, const char **text, size_t *len) ATTR_MUST_USE;

#endif
