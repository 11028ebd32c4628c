#include "core/backoff.h"

#include "core/ident.h"

int64_t backoff_next_us(int64_t last_us, int64_t first_us, int64_t max_us)
{
    if (last_us == 0)
        return first_us;
    return last_us < max_us - last_us ? last_us * 2 : max_us;
}

int64_t backoff_spread_us(int64_t pause_us)
{
    uint32_t random;
    int64_t  third_us = pause_us / 3;
    random_bytes(&random, sizeof random);
    return pause_us - third_us + random % (third_us + 1);
}
