#include "protocol/output_tail.h"

#include <string.h>

#include "core/mem.h"
#include "core/str.h"

static const char *const error_levels[] = { "[error]", "[fatal]", "[panic]" };

struct output_tail *output_tail_create(void)
{
    struct output_tail *t = mem_calloc(1, sizeof *t);
    if (t)
        t->refs = 1;
    return t;
}

struct output_tail *output_tail_ref(struct output_tail *t)
{
    if (t)
        t->refs++;
    return t;
}

void output_tail_unref(struct output_tail **tp)
{
    struct output_tail *t = *tp;
    *tp = NULL;
    if (t && --t->refs == 0)
        mem_free(t);
}

static void keep(char to[static OUTPUT_TAIL_LINE_CAP], const char *line, size_t len)
{
    struct str out = str_over(to, OUTPUT_TAIL_LINE_CAP);
    str_append(&out, line, len);
    str_tame(to, out.len);
}

static bool is_error(const char *line)
{
    bool any = false;
    for (size_t i = 0; i < ARRAY_LEN(error_levels); i++)
        any |= strstr(line, error_levels[i]) != NULL;
    return any;
}

/* Lines are looked at from the last one back: of many, only the newest of each kind matter. */
void output_tail_take(struct output_tail *t, const char *bytes, size_t len)
{
    bool has_message = false, has_error = false, has_progress = false;
    char line[OUTPUT_TAIL_LINE_CAP];
    while (len && !(has_message && has_error && has_progress)) {
        bool   is_progress = bytes[len - 1] == '\r';
        size_t end = len - (bytes[len - 1] == '\n' || is_progress), start = end;
        while (start && bytes[start - 1] != '\n' && bytes[start - 1] != '\r')
            start--;
        len = start;
        if (start == end)
            continue; /* An empty line, or CR LF. */
        if (is_progress) {
            if (!has_progress)
                keep(t->progress, bytes + start, end - start);
            has_progress = true;
            continue;
        }
        keep(line, bytes + start, end - start);
        if (!has_message)
            memcpy(t->message, line, sizeof line);
        has_message = true;
        if (!has_error && is_error(line)) {
            memcpy(t->error, line, sizeof line);
            has_error = true;
        }
    }
}
