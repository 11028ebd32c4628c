/**
 * The newest lines of what a program prints: its last message, its last error, and its last line of progress.
 *
 * A message ends with a line feed. A line that ends with a carriage return is progress: a terminal would overwrite it. A message
 * with the level [error], [fatal] or [panic], as ffmpeg writes with `-loglevel level+info`, is an error.
 *
 * Shape      all texts are cut and printable
 * Ownership  counted: the program's owner and the reader of its pipe share it
 * Yields     no
 */
#ifndef PROTOCOL_OUTPUT_TAIL_H
#define PROTOCOL_OUTPUT_TAIL_H

#include <stddef.h>

#include "core/attr.h"

enum { OUTPUT_TAIL_LINE_CAP = 256 };

struct output_tail {
    int  refs;
    char message[OUTPUT_TAIL_LINE_CAP], error[OUTPUT_TAIL_LINE_CAP], progress[OUTPUT_TAIL_LINE_CAP]; /* "": none yet */
};

/** A tail with one reference; NULL when memory is out. */
struct output_tail *output_tail_create(void) ATTR_MUST_USE;

/** Both take NULL; ref returns its argument. */
struct output_tail *output_tail_ref(struct output_tail *t);
void                output_tail_unref(struct output_tail **t);

/** Take whole lines. The last one may be without its end; it is a message then. */
void output_tail_take(struct output_tail *t, const char *bytes, size_t len);

#endif
