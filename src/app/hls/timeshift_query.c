#include "app/hls/timeshift_query.h"

#include <stddef.h>
#include <time.h>

#include "core/clock.h"
#include "protocol/http/request.h"

/* Digits of a second's fraction that count, and of seconds since 1970 (the year 5138). */
enum { FRACTION_DIGITS = 6, SECONDS_DIGITS_MAX = 11, YEAR_MIN = 1970 };

/* ---- pieces of a text; each moves *at behind what it has read ---- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool read_digits(const char **at, int n, int *value)
{
    *value = 0;
    for (int i = 0; i < n; i++, ++*at) {
        if (!is_digit(**at))
            return false;
        *value = *value * 10 + (**at - '0');
    }
    return true;
}

static bool read_char(const char **at, char c)
{
    if (**at != c)
        return false;
    ++*at;
    return true;
}

/* A fraction of a second, if there is one. Digits beyond a microsecond do not count. */
static bool read_fraction(const char **at, int64_t *us)
{
    *us = 0;
    if (**at != '.' && **at != ',')
        return true;
    ++*at;
    if (!is_digit(**at))
        return false;
    int64_t unit_us = US_PER_SECOND / 10;
    for (int n = 0; is_digit(**at); n++, ++*at, unit_us /= 10)
        *us += n < FRACTION_DIGITS ? (**at - '0') * unit_us : 0;
    return true;
}

static bool read_seconds(const char *text, int64_t *us)
{
    int64_t seconds = 0, fraction_us;
    int     n = 0;
    for (; is_digit(*text); text++, n++) {
        if (n == SECONDS_DIGITS_MAX)
            return false;
        seconds = seconds * 10 + (*text - '0');
    }
    if (n == 0 || !read_fraction(&text, &fraction_us) || *text)
        return false;
    *us = seconds * US_PER_SECOND + fraction_us;
    return true;
}

/* The zone: Z, +hh:mm, -hhmm, +hh or nothing. */
static bool read_zone(const char **at, int64_t *offset_s)
{
    int  hours, minutes = 0;
    bool west = **at == '-';
    *offset_s = 0;
    if (!**at)
        return true;
    if (read_char(at, 'Z') || read_char(at, 'z'))
        return true;
    if (!west && **at != '+' && **at != ' ')
        return false;
    ++*at;
    if (!read_digits(at, 2, &hours))
        return false;
    (void)read_char(at, ':');
    if (**at && !read_digits(at, 2, &minutes))
        return false;
    *offset_s = (west ? -1 : 1) * (hours * INT64_C(3600) + minutes * INT64_C(60));
    return hours < 24 && minutes < 60;
}

static bool is_real(const struct tm *t, int year, int month, int day)
{
    return t->tm_year + 1900 == year && t->tm_mon + 1 == month && t->tm_mday == day;
}

static bool read_date(const char *text, int64_t *us)
{
    int     year, month, day, hour, minute, second;
    int64_t fraction_us, offset_s;
    if (!read_digits(&text, 4, &year) || !read_char(&text, '-') || !read_digits(&text, 2, &month) ||
        !read_char(&text, '-') || !read_digits(&text, 2, &day))
        return false;
    if (!read_char(&text, 'T') && !read_char(&text, 't') && !read_char(&text, ' '))
        return false;
    if (!read_digits(&text, 2, &hour) || !read_char(&text, ':') || !read_digits(&text, 2, &minute) ||
        !read_char(&text, ':') || !read_digits(&text, 2, &second) || !read_fraction(&text, &fraction_us) ||
        !read_zone(&text, &offset_s) || *text)
        return false;
    if (year < YEAR_MIN || hour > 23 || minute > 59 || second > 60)
        return false;
    struct tm t = { .tm_year = year - 1900,
                    .tm_mon = month - 1,
                    .tm_mday = day,
                    .tm_hour = hour,
                    .tm_min = minute,
                    .tm_sec = second < 60 ? second : 59 };
    int64_t   seconds = timegm(&t);
    *us = (seconds - offset_s) * US_PER_SECOND + fraction_us;
    return is_real(&t, year, month, day) && *us >= 0;
}

bool hls_timeshift_time_parse(const char *text, int64_t *wall_us)
{
    return read_seconds(text, wall_us) || read_date(text, wall_us);
}

/* ---- the query ---- */

static enum hls_timeshift_asks nonsense(const char **why, const char *text)
{
    *why = text;
    return HLS_TIMESHIFT_ASKS_NONSENSE;
}

enum hls_timeshift_asks hls_timeshift_query_parse(struct hls_timeshift_query *q, const char *delay, const char *start,
                                                  const char *end, const char **why)
{
    *q = (struct hls_timeshift_query){ .has_end = end != NULL };
    if (!delay && !start && !end)
        return HLS_TIMESHIFT_ASKS_NOTHING;
    if (delay && (start || end))
        return nonsense(why, "delay is for a live playlist, start and end are for a range: not both.\n");
    if (delay && (!read_seconds(delay, &q->delay_us) || q->delay_us <= 0))
        return nonsense(why, "delay is a number of seconds above 0.\n");
    if (delay)
        return HLS_TIMESHIFT_ASKS;
    if (!start)
        return nonsense(why, "end needs a start.\n");
    if (!hls_timeshift_time_parse(start, &q->start_us) || (end && !hls_timeshift_time_parse(end, &q->end_us)))
        return nonsense(why, "start and end are times: 2026-11-30T06:40:00Z, or seconds since 1970.\n");
    if (end && q->end_us <= q->start_us)
        return nonsense(why, "end is not after start.\n");
    return HLS_TIMESHIFT_ASKS;
}

bool hls_timeshift_is_asked(const struct http_request *r)
{
    return http_request_param(r, "delay") || http_request_param(r, "start") || http_request_param(r, "end");
}

enum hls_timeshift_asks hls_timeshift_query_read(struct hls_timeshift_query *q, const struct http_request *r,
                                                 const char **why)
{
    return hls_timeshift_query_parse(q, http_request_param(r, "delay"), http_request_param(r, "start"),
                                     http_request_param(r, "end"), why);
}
