/**
 * How much a peer may do of something: it costs tokens, and time or other acts bring tokens back. Short bursts are allowed, a high
 * rate is not.
 *
 * Units      microseconds of the monotonic clock
 * Yields     no
 */
#ifndef CORE_BUDGET_H
#define CORE_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

struct budget {
    int64_t tokens, cap;
    int64_t per_second;
    int64_t since_us; /* the time up to which tokens have come back */
};

/** A full budget of `cap` tokens that gets `per_second` of them back. */
struct budget budget_of(int64_t cap, int64_t per_second, int64_t now);

/** Take `n` tokens. False: there are fewer, and none is taken. */
bool budget_spend(struct budget *b, int64_t n, int64_t now);

/** Give tokens back for something that the peer did. */
void budget_earn(struct budget *b, int64_t tokens);

#endif
