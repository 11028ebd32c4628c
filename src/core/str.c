#include "core/str.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/utf8.h"

struct str str_over(char *buf, size_t cap)
{
    buf[0] = '\0';
    return (struct str){ .buf = buf, .cap = cap };
}

void str_vprintf(struct str *s, const char *fmt, va_list args)
{
    size_t room = s->cap - s->len;
    int    n = vsnprintf(s->buf + s->len, room, fmt, args);
    if (n < 0) {
        s->buf[s->len] = '\0';
        s->cut = true;
    } else if ((size_t)n >= room) {
        s->len = s->cap - 1;
        s->cut = true;
    } else {
        s->len += (size_t)n;
    }
}

void str_printf(struct str *s, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    str_vprintf(s, fmt, args);
    va_end(args);
}

void str_append(struct str *s, const char *text, size_t len)
{
    size_t room = s->cap - s->len - 1;
    if (len > room) {
        len = room;
        s->cut = true;
    }
    memcpy(s->buf + s->len, text, len);
    s->len += len;
    s->buf[s->len] = '\0';
}

void str_text(struct str *s, const char *text)
{
    str_append(s, text, strlen(text));
}

void str_number(struct str *s, int64_t n)
{
    char     digits[24];
    char    *end = digits + sizeof digits, *at = end;
    uint64_t left = n < 0 ? -(uint64_t)n : (uint64_t)n;
    do
        *--at = (char)('0' + left % 10);
    while ((left /= 10) > 0);
    if (n < 0)
        *--at = '-';
    str_append(s, at, (size_t)(end - at));
}

bool str_copy(char *dst, size_t cap, const char *src)
{
    struct str s = str_over(dst, cap);
    str_append(&s, src, strlen(src));
    return !s.cut;
}

const char *str_pack(char **at, const char *text, size_t len)
{
    char *copy = *at;
    memcpy(copy, text, len);
    copy[len] = '\0';
    *at += len + 1;
    return copy;
}

bool str_equal(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

bool str_starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool str_ends_with(const char *text, const char *suffix)
{
    size_t len = strlen(text), n = strlen(suffix);
    return n <= len && memcmp(text + len - n, suffix, n) == 0;
}

bool str_equal_nocase(const char *a, const char *b)
{
    return strcasecmp(a, b) == 0;
}

/* Length of the character at `p` if it is printable UTF-8, else 0. */
static size_t shown_len(const uint8_t *p, size_t len)
{
    size_t n = utf8_char_len(p, len);
    bool   is_control = n == 1 ? p[0] < 0x20 || p[0] == 0x7f : n == 2 && p[0] == 0xc2 && p[1] < 0xa0;
    return is_control ? 0 : n;
}

void str_tame(char *text, size_t len)
{
    for (size_t i = 0; i < len;) {
        size_t n = shown_len((const uint8_t *)text + i, len - i);
        if (n == 0)
            text[i] = '?';
        i += n ? n : 1;
    }
}

const char *str_printable(const void *bytes, size_t len, char *buf, size_t cap)
{
    struct str     out = str_over(buf, cap);
    const uint8_t *b = bytes;
    for (size_t i = 0; i < len && !out.cut; i++) {
        if (b[i] >= 0x20 && b[i] < 0x7f && b[i] != '\\')
            str_append(&out, (const char *)&b[i], 1);
        else
            str_printf(&out, "\\x%02x", b[i]);
    }
    return buf;
}
