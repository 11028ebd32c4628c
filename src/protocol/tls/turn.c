#include "protocol/tls/turn.h"

#include "core/clock.h"
#include "protocol/co.h"

/* The cost of a turn is averaged over about AVERAGED_OVER turns. After each turn half of its cost stays free. */
enum { AVERAGED_OVER = 8, COST_MAX_US = 10 * US_PER_MS };

static int64_t next_us, cost_us;

struct err *tls_turn_wait(int64_t deadline_us)
{
    int64_t now = now_us(), at = next_us > now ? next_us : now;
    if (at > deadline_us)
        return err_new(E_LIMIT, "too many TLS handshakes at once: the turn would come in %lldms",
                       (long long)((at - now) / US_PER_MS));
    next_us = at + cost_us + cost_us / 2;
    return at > now ? co_sleep(at - now) : NULL;
}

void tls_turn_took(int64_t took_us)
{
    if (took_us > COST_MAX_US) /* an outlier: the machine was busy with something else */
        took_us = COST_MAX_US;
    cost_us += (took_us - cost_us) / AVERAGED_OVER;
}
