#include "app/stat/system/proc_text.h"

#include <stdlib.h>
#include <string.h>

const char *proc_text_next_line(const char *at)
{
    const char *end = strchr(at, '\n');
    return end && end[1] ? end + 1 : NULL;
}

const char *proc_text_find(const char *text, const char *label)
{
    size_t len = strlen(label);
    for (const char *line = text; line; line = proc_text_next_line(line))
        if (strncmp(line, label, len) == 0 && (line[len] == ' ' || line[len] == ':'))
            return line + len + 1;
    return NULL;
}

int64_t proc_text_number(const char *text, const char *label)
{
    int64_t     n = 0;
    const char *at = proc_text_find(text, label);
    if (at)
        proc_text_numbers(at, &n, 1);
    return n;
}

size_t proc_text_numbers(const char *at, int64_t *out, size_t max)
{
    size_t n = 0;
    while (n < max) {
        char *end;
        while (*at == ' ' || *at == '\t')
            at++;
        if (*at == '\n')
            break;
        int64_t value = strtoll(at, &end, 10);
        if (end == at)
            break;
        out[n++] = value;
        at = end;
    }
    return n;
}
