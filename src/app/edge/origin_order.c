#include "app/edge/origin_order.h"

#include <stdbool.h>

/* FNV-1a, 64 bits: the same on all edges. */
static uint64_t add_text(uint64_t hash, const char *text)
{
    for (; *text; text++)
        hash = (hash ^ (uint8_t)*text) * UINT64_C(0x100000001b3);
    return hash;
}

/* The last bytes of FNV reach few bits, so they are mixed: the finalizer of MurmurHash3. */
static uint64_t mix(uint64_t h)
{
    h = (h ^ h >> 33) * UINT64_C(0xff51afd7ed558ccd);
    h = (h ^ h >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
    return h ^ h >> 33;
}

static uint64_t weigh(const char *origin, const char *key)
{
    return mix(add_text(add_text(add_text(UINT64_C(0xcbf29ce484222325), key), "\n"), origin));
}

/* Equal weights, as of an origin that is written twice, are in the order of the file. */
static bool is_behind(uint64_t weight, size_t at, uint64_t other, size_t other_at)
{
    return weight < other || (weight == other && at > other_at);
}

size_t origin_order_next(const struct conf_cluster *c, const char *key, size_t last)
{
    if (c->origin_choice == CONF_ORIGINS_ORDERED)
        return last == ORIGIN_ORDER_BEGIN ? 0 : last + 1;
    uint64_t last_weight = last == ORIGIN_ORDER_BEGIN ? 0 : weigh(c->origins.items[last], key), best_weight = 0;
    size_t   best = ORIGIN_ORDER_BEGIN;
    for (size_t i = 0; i < c->origins.count; i++) {
        uint64_t weight = weigh(c->origins.items[i], key);
        bool     is_left = last == ORIGIN_ORDER_BEGIN || is_behind(weight, i, last_weight, last);
        if (is_left && (best == ORIGIN_ORDER_BEGIN || is_behind(best_weight, best, weight, i))) {
            best = i;
            best_weight = weight;
        }
    }
    return best;
}
