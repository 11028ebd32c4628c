/**
 * Durations as a configuration writes them: "4h", "90m", "30s", "2d", "500ms", or a bare number of seconds.
 *
 * Yields     no
 */
#ifndef APP_CONF_DURATION_H
#define APP_CONF_DURATION_H

#include <stdbool.h>

/** Parse a duration of at most 1,000,000,000 s. False, with *seconds unchanged, when the word is none. */
bool conf_duration_parse(const char *word, double *seconds);

#endif
