/**
 * How many frames without progress a peer may send: each costs a token, time and traffic bring tokens back.
 *
 * Units      microseconds of the monotonic clock
 * Yields     no
 */
#ifndef PROTOCOL_HTTP2_BUDGET_H
#define PROTOCOL_HTTP2_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

struct http2_budget {
    int64_t tokens, cap;
    int64_t per_second;
    int64_t since_us; /* the time up to which tokens have come back */
};

/** A full budget of `cap` tokens that gets `per_second` of them back. */
struct http2_budget http2_budget_of(int64_t cap, int64_t per_second, int64_t now);

/** Take a token; false: there is none. */
bool http2_budget_spend(struct http2_budget *b, int64_t now);

/** Give tokens back for traffic. */
void http2_budget_earn(struct http2_budget *b, int64_t tokens);

#endif
