#include "app/doctor/finding.h"

#include <stdarg.h>

#include "core/str.h"

struct finding *findings_add(struct findings *all, const char *id, enum finding_severity severity,
                             enum finding_kind kind, const char *subject)
{
    bool            has_place = all->count < FINDINGS_MAX;
    struct finding *f = &all->items[has_place ? all->count : FINDINGS_MAX];
    all->count += has_place;
    all->n_dropped += !has_place;
    f->id = id;
    f->severity = severity;
    f->kind = kind;
    f->seen[0] = f->cure[0] = f->line[0] = '\0';
    str_copy(f->subject, sizeof f->subject, subject);
    return f;
}

static void print(char *to, size_t cap, const char *fmt, va_list args) ATTR_PRINTF(3, 0);
static void print(char *to, size_t cap, const char *fmt, va_list args)
{
    struct str out = str_over(to, cap);
    str_vprintf(&out, fmt, args);
}

void finding_seen(struct finding *f, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    print(f->seen, sizeof f->seen, fmt, args);
    va_end(args);
}

void finding_cure(struct finding *f, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    print(f->cure, sizeof f->cure, fmt, args);
    va_end(args);
}

void finding_line(struct finding *f, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    print(f->line, sizeof f->line, fmt, args);
    va_end(args);
}

const char *finding_severity_name(enum finding_severity severity)
{
    static const char *const names[] = { "info", "warning", "error" };
    return names[severity];
}

const char *finding_kind_name(enum finding_kind kind)
{
    static const char *const names[] = { "server", "port", "vhost", "stream" };
    return names[kind];
}
