/**
 * Allocation that a test can make fail.
 *
 * Everything in the program allocates through here. Out of memory is an ordinary result (NULL) that
 * every caller handles; mem_fail_after() makes a unit test walk each of those paths in turn.
 */
#ifndef CORE_MEM_H
#define CORE_MEM_H

#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"

/** `len` bytes, uninitialised; NULL when memory is out. Release with mem_free(). */
void *mem_alloc(size_t len) ATTR_MUST_USE;

/** `count` zeroed elements of `size` bytes; NULL when memory is out or the product overflows. */
void *mem_calloc(size_t count, size_t size) ATTR_MUST_USE;

/** Grow or shrink; on NULL the old block is unchanged and still the caller's. */
void *mem_realloc(void *ptr, size_t len) ATTR_MUST_USE;

/** A copy of the string; NULL when memory is out. `text` must not be NULL. */
char *mem_strdup(const char *text) ATTR_MUST_USE;

/** A terminated copy of `len` bytes of `text`; NULL when memory is out. */
char *mem_strndup(const char *text, size_t len) ATTR_MUST_USE;

/** Takes NULL. */
void mem_free(void *ptr);

/**
 * For tests: let `count` more allocations succeed, fail the next one, then succeed again.
 * A negative count turns failing off. mem_failed() tells whether the failure has been dealt since.
 */
void mem_fail_after(int64_t count);
int  mem_failed(void);

#endif
