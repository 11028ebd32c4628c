/**
 * Pauses between tries that grow while the tries fail.
 *
 * Yields     no
 */
#ifndef CORE_BACKOFF_H
#define CORE_BACKOFF_H

#include <stdint.h>

/** The pause after the last one: `first_us` if there was none (0), otherwise twice as long, at most `max_us`. */
int64_t backoff_next_us(int64_t last_us, int64_t first_us, int64_t max_us);

/** The pause without a random part of at most a third, so that many that failed together do not come back at once. */
int64_t backoff_spread_us(int64_t pause_us);

#endif
