#include "protocol/http/date.h"

#include <stdio.h>
#include <string.h>

#include "core/clock.h"

static const char days[] = "SunMonTueWedThuFriSat";
static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

/* First and last second of the years with four digits: 0000-01-01T00:00:00Z, 9999-12-31T23:59:59Z. */
#define FIRST_S INT64_C(-62167219200)
#define LAST_S INT64_C(253402300799)

const char *http_date_format(time_t t, char buf[static HTTP_DATE_CAP])
{
    struct tm tm;
    t = t < FIRST_S ? FIRST_S : t > LAST_S ? LAST_S : t;
    gmtime_r(&t, &tm);
    snprintf(buf, HTTP_DATE_CAP, "%.3s, %02u %.3s %04u %02u:%02u:%02u GMT", days + 3 * tm.tm_wday,
             (unsigned)tm.tm_mday % 100, months + 3 * tm.tm_mon, (unsigned)(tm.tm_year + 1900) % 10000,
             (unsigned)tm.tm_hour % 100, (unsigned)tm.tm_min % 100, (unsigned)tm.tm_sec % 100);
    return buf;
}

bool http_date_parse(const char *text, time_t *t)
{
    static const char shape[HTTP_DATE_CAP] = "aaa, 00 aaa 0000 00:00:00 GMT";
    struct tm         tm = { 0 };
    char              month[4] = "";
    for (int i = 0; i <= HTTP_DATE_LEN; i++) {
        char c = text[i];
        bool digit = c >= '0' && c <= '9', letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
        bool fits = shape[i] == '0' ? digit : shape[i] == 'a' ? letter : c == shape[i];
        if (!fits)
            return false;
    }
    sscanf(text + 5, "%2d %3s %4d %2d:%2d:%2d", &tm.tm_mday, month, &tm.tm_year, &tm.tm_hour, &tm.tm_min, &tm.tm_sec);
    const char *found = strstr(months, month);
    if (!found || (found - months) % 3 != 0 || tm.tm_hour > 23 || tm.tm_min > 59 || tm.tm_sec > 60)
        return false;
    tm.tm_mon = (int)(found - months) / 3;
    tm.tm_year -= 1900;
    *t = timegm(&tm);
    return true;
}

const char *http_date_now(void)
{
    static char   text[HTTP_DATE_CAP];
    static time_t of;
    time_t        now = (time_t)(wall_now_us() / US_PER_SECOND);
    if (now != of || !text[0])
        http_date_format(of = now, text);
    return text;
}
