#include "app/conf/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/mem.h"

static bool make_room(struct conf_text *t, size_t len)
{
    if (t->no_memory || t->cap - t->len > len)
        return !t->no_memory;
    size_t cap = t->cap ? t->cap : 256;
    while (cap - t->len <= len)
        cap *= 2;
    char *buf = mem_realloc(t->buf, cap);
    if (!buf) {
        t->no_memory = true;
        return false;
    }
    t->buf = buf;
    t->cap = cap;
    return true;
}

void conf_text_append(struct conf_text *t, const char *bytes, size_t len)
{
    if (!make_room(t, len))
        return;
    memcpy(t->buf + t->len, bytes, len);
    t->len += len;
    t->buf[t->len] = '\0';
}

void conf_text_printf(struct conf_text *t, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int len = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (len < 0 || !make_room(t, (size_t)len))
        return;
    va_start(args, fmt);
    vsnprintf(t->buf + t->len, (size_t)len + 1, fmt, args);
    va_end(args);
    t->len += (size_t)len;
}

void conf_text_finish(struct conf_text *t)
{
    mem_free(t->buf);
    *t = (struct conf_text){ 0 };
}
