#include "core/clock.h"

#include <stdio.h>
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

const char *clock_utc(char text[static CLOCK_UTC_CAP], int64_t wall_us)
{
    static const int64_t end_s = INT64_C(253402300800); /* 10000-01-01T00:00:00Z */
    int64_t              ms = wall_us < 0 ? 0 : wall_us / US_PER_MS;
    if (ms >= end_s * 1000)
        ms = end_s * 1000 - 1;
    time_t    seconds = (time_t)(ms / 1000);
    struct tm tm = { 0 };
    gmtime_r(&seconds, &tm);
    size_t len = strftime(text, CLOCK_UTC_CAP, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(text + len, CLOCK_UTC_CAP - len, ".%03dZ", (int)(ms % 1000));
    return text;
}
