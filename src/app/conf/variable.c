#include "app/conf/variable.h"

#include <string.h>

#include "core/clock.h"
#include "core/str.h"

static const char *const names[VARIABLES] = {
    [VARIABLE_VHOST] = "[vhost]",     [VARIABLE_APP] = "[app]",
    [VARIABLE_STREAM] = "[stream]",   [VARIABLE_PARAM] = "[param]",
    [VARIABLE_ENGINE] = "[engine]",   [VARIABLE_TC_URL] = "[tcUrl]",
    [VARIABLE_SWF_URL] = "[swfUrl]",  [VARIABLE_PAGE_URL] = "[pageUrl]",
    [VARIABLE_PORT] = "[port]",       [VARIABLE_URL] = "[url]",
    [VARIABLE_SEQ] = "[seq]",         [VARIABLE_DURATION] = "[duration]",
    [VARIABLE_YEAR] = "[2006]",       [VARIABLE_MONTH] = "[01]",
    [VARIABLE_DAY] = "[02]",          [VARIABLE_HOUR] = "[15]",
    [VARIABLE_MINUTE] = "[04]",       [VARIABLE_SECOND] = "[05]",
    [VARIABLE_MILLISECOND] = "[999]", [VARIABLE_TIMESTAMP] = "[timestamp]",
};

void variable_time_init(struct variable_time *t, int64_t wall_us, bool utc)
{
    time_t seconds = (time_t)(wall_us / US_PER_SECOND);
    *t = (struct variable_time){ .wall_us = wall_us };
    if (utc)
        gmtime_r(&seconds, &t->parts);
    else
        localtime_r(&seconds, &t->parts);
}

enum variable variable_at(const char *text, unsigned set)
{
    int i = text[0] == '[' ? 0 : VARIABLES;
    while (i < VARIABLES && !(set & 1u << i && str_starts_with(text, names[i])))
        i++;
    return (enum variable)i;
}

void variable_replace(struct buf *out, const char *text, unsigned set, variable_put *put, void *arg)
{
    while (*text) {
        enum variable variable = variable_at(text, set);
        size_t        plain = 1 + strcspn(text + 1, "[");
        if (variable == VARIABLES) {
            buf_append(out, text, plain);
            text += plain;
        } else {
            put(arg, variable);
            text += strlen(names[variable]);
        }
    }
}

static void put_number(struct buf *out, int digits, int64_t number)
{
    buf_printf(out, "%0*lld", digits, (long long)number);
}

void variable_put_time(struct buf *out, enum variable variable, const struct variable_time *t)
{
    switch (variable) {
    case VARIABLE_YEAR: put_number(out, 4, t->parts.tm_year + 1900); return;
    case VARIABLE_MONTH: put_number(out, 2, t->parts.tm_mon + 1); return;
    case VARIABLE_DAY: put_number(out, 2, t->parts.tm_mday); return;
    case VARIABLE_HOUR: put_number(out, 2, t->parts.tm_hour); return;
    case VARIABLE_MINUTE: put_number(out, 2, t->parts.tm_min); return;
    case VARIABLE_SECOND: put_number(out, 2, t->parts.tm_sec); return;
    case VARIABLE_MILLISECOND: put_number(out, 3, t->wall_us / US_PER_MS % 1000); return;
    case VARIABLE_TIMESTAMP: put_number(out, 1, t->wall_us / US_PER_MS); return;
    default: return;
    }
}
