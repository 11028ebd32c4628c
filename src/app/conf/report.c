#include "app/conf/report.h"

#include <stdarg.h>
#include <string.h>

#include "core/mem.h"
#include "core/str.h"

static bool make_room(struct conf_report *r)
{
    if (r->count < r->cap)
        return true;
    struct conf_message *items = mem_grow(r->items, &r->cap, sizeof *items, CONF_REPORT_MAX);
    if (!items)
        return false;
    r->items = items;
    return true;
}

void conf_report_add(struct conf_report *r, enum log_level level, const char *fmt, ...)
{
    if (r->count == CONF_REPORT_MAX) {
        r->dropped++;
        return;
    }
    char       text[CONF_REPORT_TEXT_MAX];
    struct str s = str_over(text, sizeof text);
    va_list    args;
    va_start(args, fmt);
    str_vprintf(&s, fmt, args);
    va_end(args);

    char *copy = make_room(r) ? mem_strndup(text, s.len) : NULL;
    if (!copy) {
        r->no_memory = true;
        return;
    }
    r->items[r->count++] = (struct conf_message){ level, copy };
}

void conf_report_log(const struct conf_report *r)
{
    for (size_t i = 0; i < r->count; i++)
        log_write(r->items[i].level, "%s", r->items[i].text);
    if (r->dropped)
        log_warn("%zu more remarks about the configuration", r->dropped);
}

bool conf_report_has(const struct conf_report *r, const char *text)
{
    for (size_t i = 0; i < r->count; i++)
        if (strstr(r->items[i].text, text))
            return true;
    return false;
}

void conf_report_finish(struct conf_report *r)
{
    for (size_t i = 0; i < r->count; i++)
        mem_free(r->items[i].text);
    mem_free(r->items);
    *r = (struct conf_report){ 0 };
}
