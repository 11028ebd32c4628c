/**
 * Memory that is released as a whole: the tree, strings and arrays of a configuration.
 *
 * Ownership  every block lives until conf_arena_finish(); all zero is an empty arena
 * Errors     NULL when memory is out
 * Yields     no
 */
#ifndef APP_CONF_ARENA_H
#define APP_CONF_ARENA_H

#include <stddef.h>

#include "core/attr.h"

struct conf_arena_chunk;

struct conf_arena {
    struct conf_arena_chunk *newest;
};

void *conf_arena_alloc(struct conf_arena *a, size_t len) ATTR_MUST_USE; /* zeroed, and aligned for any type */
char *conf_arena_strndup(struct conf_arena *a, const char *text, size_t len) ATTR_MUST_USE;
char *conf_arena_strdup(struct conf_arena *a, const char *text) ATTR_MUST_USE;
void  conf_arena_finish(struct conf_arena *a);

#endif
