/**
 * Allocation that a test can make fail.
 *
 * Everything in the program allocates through here. Out of memory is an ordinary result (NULL) that
 * every caller handles; mem_fail_after() makes a unit test walk each of those paths in turn.
 *
 * Held memory is counted, in bytes as the allocator gives them out. The process may have a limit (mem_set_limit()). No
 * allocation fails because of it; a caller that is about to hold more for a peer asks mem_has_room() first.
 *
 * Threads    mem_set_limit(), mem_has_room() and mem_fail_after() belong to the loop; all others may be called on any thread
 */
#ifndef CORE_MEM_H
#define CORE_MEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"

/** `len` bytes, uninitialised; NULL when memory is out. Release with mem_free(). */
void *mem_alloc(size_t len) ATTR_MUST_USE;

/** `count` zeroed elements of `size` bytes; NULL when memory is out or the product overflows. */
void *mem_calloc(size_t count, size_t size) ATTR_MUST_USE;

/** Grow or shrink a block. On NULL the old block is unchanged and still the caller's. */
void *mem_realloc(void *ptr, size_t len) ATTR_MUST_USE;

/** Give back what a block has beyond `len` bytes. Does not fail: a block that cannot be moved stays as it is. */
void *mem_shrink(void *ptr, size_t len) ATTR_MUST_USE;

/**
 * Make a full array larger: twice its capacity, at most `max` elements of `size` bytes each.
 *
 * Shape      *cap is the capacity in elements: before the call, and after it
 * Returns    the array at its new place; NULL when memory is out or it has `max` elements already: then the old one is
 *            unchanged and still the caller's
 */
void *mem_grow(void *items, size_t *cap, size_t size, size_t max) ATTR_MUST_USE;

/** A copy of the string; NULL when memory is out. `text` must not be NULL. */
char *mem_strdup(const char *text) ATTR_MUST_USE;

/** A terminated copy of `len` bytes of `text`; NULL when memory is out. */
char *mem_strndup(const char *text, size_t len) ATTR_MUST_USE;

/** NULL is allowed. */
void mem_free(void *ptr);

/**
 * Tell the allocator to give large blocks (512 KiB and more) back to the system as soon as they are freed. Otherwise a small
 * block that lies above them would keep hundreds of megabytes after a burst of large frames. Call it before other threads run.
 */
void mem_return_large_blocks(void);

/** Bytes that are held now. */
size_t mem_held(void);

/** Count bytes that another allocator has given out, or taken back. */
void mem_held_add(size_t bytes);
void mem_held_sub(size_t bytes);

/**
 * The limit of the process; 0: none. `relieve(arg)` is called when more is held: it frees what the server can do without,
 * down to the limit if possible, and must not yield. NULL: nothing can be freed.
 */
void   mem_set_limit(size_t bytes, void (*relieve)(void *arg), void *arg);
size_t mem_limit(void);

/** False when more is held than the limit, even after relief. Does not yield. */
bool mem_has_room(void);

/**
 * For tests: `count` more allocations succeed, the next one fails, the later ones succeed again. A negative count turns
 * this off. mem_failed() tells whether an allocation has failed since.
 */
void mem_fail_after(int64_t count);
int  mem_failed(void);

#endif
