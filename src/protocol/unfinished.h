/**
 * What connections hold of messages that are not complete yet: whoever begins a long one and never ends it holds its memory.
 *
 * When the process holds more than its limit (core/mem.h), the connection that has held most for the longest gives way: bytes
 * times time. A sound peer's message is under way for milliseconds, so it comes last.
 *
 * Units      bytes, microseconds of the monotonic clock
 * Yields     no
 */
#ifndef PROTOCOL_UNFINISHED_H
#define PROTOCOL_UNFINISHED_H

#include <stddef.h>
#include <stdint.h>

#include "core/list.h"

struct io;

/* Less is not worth a connection. */
enum { UNFINISHED_MIN = 32 << 10 };

/** Of one connection; all zero: it holds nothing. It must not move while it holds something. */
struct unfinished {
    struct list link;
    size_t      bytes;
    int64_t     since_us;
    void (*drop)(struct unfinished *u); /* frees the bytes, and remembers that the connection is to end */
    struct io *io;                      /* whose owner is woken then; NULL: nobody is */
};

/** This many bytes are held from now on; 0 before the owner of `u` goes. */
void unfinished_set(struct unfinished *u, size_t bytes);

/** Drop what has been held by most for the longest. Returns how many bytes that freed, 0 when there is nothing. */
size_t unfinished_give_way(void);

#endif
