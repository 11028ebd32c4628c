#include "app/vod/time.h"

#include "core/clock.h"

int64_t vod_time_parse(const char *text, bool *is_whole)
{
    enum { DIGITS_MAX = 9 };
    int64_t seconds = 0, us = 0;
    int     n = 0;
    for (; *text >= '0' && *text <= '9' && n < DIGITS_MAX; n++)
        seconds = seconds * 10 + (*text++ - '0');
    *is_whole = *text == 0;
    if (*text == '.') {
        text++;
        for (int64_t unit = US_PER_SECOND / 10; *text >= '0' && *text <= '9'; unit /= 10, n++)
            us += unit * (*text++ - '0');
    }
    if (*text == 's')
        text++;
    return n > 0 && *text == 0 ? seconds * US_PER_SECOND + us : -1;
}
