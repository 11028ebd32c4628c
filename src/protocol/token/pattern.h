/**
 * Names with `*`, as tokens write them.
 *
 * Yields     no
 */
#ifndef PROTOCOL_TOKEN_PATTERN_H
#define PROTOCOL_TOKEN_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

/**
 * True if the pattern stands for the whole text. `*` stands for any characters, the slash excepted unless `crosses` is set. The time is
 * bounded by the product of the lengths.
 */
bool pattern_is(const char *pattern, size_t len, const char *text, bool crosses);

#endif
