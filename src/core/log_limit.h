/**
 * How often a line of one kind may be written on behalf of one peer: once a second, and the others are counted.
 *
 * Whatever a peer can cause with one message, it can cause 10^5 times a second. So each connection keeps one of these,
 * and the log asks it before it writes a line (log_set_limits_source()). The kind of a line is its format string.
 * Lines below LOG_INFO are not limited: whoever asks for them wants all of them.
 *
 * Units      microseconds of the monotonic clock
 * Yields     no; no call allocates
 */
#ifndef CORE_LOG_LIMIT_H
#define CORE_LOG_LIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/clock.h"

/* The last place is for all kinds that find no place of their own. */
enum { LOG_LIMIT_KINDS = 12, LOG_LIMIT_US = US_PER_SECOND };

/** One kind of line; all zero: a free place. */
struct log_limit {
    const char *kind;     /* borrowed for ever: a format string */
    int         level;    /* of the last line that was held back */
    int64_t     until_us; /* when the next line may be written */
    uint64_t    n_held;   /* lines that were not written since the last one that was */
};

/** All zero: nothing was written yet. */
struct log_limits {
    struct log_limit kinds[LOG_LIMIT_KINDS];
};

/** True when the line may be written now; else it is counted. `kind` is compared by its address. */
bool log_limits_pass(struct log_limits *l, const char *kind, int level, int64_t now);

/**
 * A kind whose second is over and that lines were held back of: its count is given out once.
 *
 * Returns    false when there is none; with `now` INT64_MAX every kind's second is over
 */
bool log_limits_take_held(struct log_limits *l, int64_t now, struct log_limit *out);

#endif
