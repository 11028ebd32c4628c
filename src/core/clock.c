#include "core/clock.h"

#include <time.h>

static int64_t read_clock(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * US_PER_SECOND + t.tv_nsec / 1000;
}

int64_t now_us(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

int64_t thread_cpu_us(void)
{
    return read_clock(CLOCK_THREAD_CPUTIME_ID);
}

int64_t wall_now_us(void)
{
    return read_clock(CLOCK_REALTIME);
}
