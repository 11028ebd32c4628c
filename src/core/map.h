/**
 * A hash map from strings to pointers.
 *
 * Ownership  keys are copied; values are the caller's
 * Errors     map_put() returns false when memory is out; the map is then unchanged
 * Yields     no
 */
#ifndef CORE_MAP_H
#define CORE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"

struct map_entry;

struct map {
    struct map_entry **buckets;
    size_t             n_buckets, count;
};

/** All zero is an empty map. */
#define MAP_INIT ((struct map){ 0 })

/** Frees keys and table, but not the values. */
void map_finish(struct map *m);

bool  map_put(struct map *m, const char *key, void *value) ATTR_MUST_USE; /* replaces an older value */
void *map_find(const struct map *m, const char *key);                     /* NULL when absent */
void *map_remove(struct map *m, const char *key);                         /* returns the value, or NULL */

/**
 * Walk in no particular order. Start with `*at` = 0; NULL is the end. The map must not change meanwhile. `key` may be NULL.
 */
void *map_next(const struct map *m, size_t *at, const char **key);

/** The key of the value whose number is the least, for instance the time of its last use; NULL: the map is empty. All are looked at. */
const char *map_least(const struct map *m, int64_t (*number_of)(const void *value));

#endif
