/**
 * Times as viewers write them.
 *
 * Yields     no
 */
#ifndef APP_VOD_TIME_H
#define APP_VOD_TIME_H

#include <stdbool.h>
#include <stdint.h>

/**
 * Read a time: seconds, with or without a fraction and an "s" behind it.
 *
 * Returns    microseconds, rounded down; -1 for anything else. *is_whole: a number without fraction and unit
 */
int64_t vod_time_parse(const char *text, bool *is_whole);

#endif
