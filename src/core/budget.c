#include "core/budget.h"

#include "core/clock.h"

struct budget budget_of(int64_t cap, int64_t per_second, int64_t now)
{
    return (struct budget){ .tokens = cap, .cap = cap, .per_second = per_second, .since_us = now };
}

void budget_earn(struct budget *b, int64_t tokens)
{
    b->tokens = tokens < b->cap - b->tokens ? b->tokens + tokens : b->cap;
}

/* Whole tokens only: the rest of the time counts later. */
static void earn_by_time(struct budget *b, int64_t now)
{
    int64_t passed_us = now - b->since_us, full_us = b->cap * US_PER_SECOND / b->per_second;
    if (passed_us >= full_us) {
        b->tokens = b->cap;
        b->since_us = now;
        return;
    }
    int64_t tokens = passed_us * b->per_second / US_PER_SECOND;
    b->since_us += tokens * US_PER_SECOND / b->per_second;
    budget_earn(b, tokens);
}

bool budget_spend(struct budget *b, int64_t n, int64_t now)
{
    if (b->tokens < n)
        earn_by_time(b, now);
    if (b->tokens < n)
        return false;
    b->tokens -= n;
    return true;
}
