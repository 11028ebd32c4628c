/**
 * Limits for the log lines of one peer: a line of one kind is written once a second, the others are counted.
 *
 * A peer that can cause a line with one message can cause it 10^5 times a second. So each connection has a struct
 * log_limits, and the log asks it before it writes a line (log_set_limits_source()). The kind of a line is its format
 * string. Lines below LOG_INFO are not limited: an operator that asks for them wants all of them.
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

/* The last place is shared by all kinds that find none of their own. */
enum { LOG_LIMIT_KINDS = 12, LOG_LIMIT_US = US_PER_SECOND };

/** One kind of line. All zero is a free place. */
struct log_limit {
    const char *kind;     /* a format string, borrowed for ever */
    int         level;    /* level of the last line that was held back */
    int64_t     until_us; /* time from which a line may be written again */
    uint64_t    n_held;   /* lines held back since the last one that was written */
};

/** All zero at first. */
struct log_limits {
    struct log_limit kinds[LOG_LIMIT_KINDS];
};

/** True when the line may be written now; otherwise it is counted. `kind` is compared by its address. */
bool log_limits_pass(struct log_limits *l, const char *kind, int level, int64_t now);

/**
 * Find a kind whose second is over and of which lines were held back. Its count is given out once.
 *
 * Returns    false when there is none; with `now` INT64_MAX the second of every kind is over
 */
bool log_limits_take_held(struct log_limits *l, int64_t now, struct log_limit *out);

#endif
