/**
 * Scratch for the bytes of one part, before their place is known. It is kept for the next part, of any stream.
 *
 * Ownership  the bytes are the process's; they are valid until the next call, or the next yield
 * Yields     no
 */
#ifndef APP_SEGMENT_SCRATCH_H
#define APP_SEGMENT_SCRATCH_H

#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"

enum { SCRATCH_BYTES_MAX = 128 << 20 };

/** Room for at least `len` bytes; what was there stays. *cap is all that there is. NULL if memory is out, or beyond the bound. */
uint8_t *scratch_room(size_t len, size_t *cap) ATTR_MUST_USE;

void scratch_finish(void);

#endif
