/**
 * Bytes of incomplete messages. A peer that begins a long message and never ends it makes the server hold its memory.
 *
 * When the process holds more than its limit (core/mem.h), the connection with the largest product of bytes and time loses its
 * message. A sound peer completes a message within milliseconds, so it is chosen last.
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

/* A connection that holds fewer bytes than this is left alone. */
enum { UNFINISHED_MIN = 32 << 10 };

/** The entry of one connection; all zero while it holds nothing. It must not move while it holds something. */
struct unfinished {
    struct list link;
    size_t      bytes;
    int64_t     since_us;
    void (*drop)(struct unfinished *u); /* Frees the bytes, and marks the connection to end. */
    struct io *io;                      /* The owner of this io is woken after a drop; may be NULL. */
};

/** Set how many bytes are held now. Set to 0 before `u` is freed. */
void unfinished_set(struct unfinished *u, size_t bytes);

/** Drop the message with the largest product of bytes and time. Returns how many bytes that freed; 0 if there is none. */
size_t unfinished_give_way(void);

/** Bytes of all messages that are not too small to be dropped. */
size_t unfinished_bytes(void);

#endif
