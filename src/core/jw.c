#include "core/jw.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/utf8.h"

void jw_finish(struct jw *j)
{
    buf_finish(&j->text);
    *j = JW_INIT;
}

void jw_flushed(struct jw *j)
{
    buf_clear(&j->text);
}

static void put(struct jw *j, const char *bytes, size_t n)
{
    buf_append(&j->text, bytes, n);
}

static void put_text(struct jw *j, const char *text)
{
    buf_text(&j->text, text);
}

/* U+2028 and U+2029 end a line of JavaScript. */
static bool is_line_end(const uint8_t *p, size_t len)
{
    return len >= 3 && p[0] == 0xe2 && p[1] == 0x80 && (p[2] == 0xa8 || p[2] == 0xa9);
}

/* Length of a character that needs no escape; 0 when it must be escaped or replaced. '<' and '>' could begin or end an element of
 * the page around the text. */
static size_t plain_len(const uint8_t *p, size_t len)
{
    if (*p < 0x20 || *p == '"' || *p == '\\' || *p == '<' || *p == '>' || *p == 0x7f || is_line_end(p, len))
        return 0;
    return *p < 0x80 ? 1 : utf8_char_len(p, len);
}

/* Escape or replace the character at `p`; returns its length. */
static size_t put_escaped(struct jw *j, const uint8_t *p, size_t len)
{
    static const char hex[] = "0123456789abcdef";
    static const char letters[][2] = { { '"', '"' },  { '\\', '\\' }, { '\b', 'b' }, { '\f', 'f' },
                                       { '\n', 'n' }, { '\r', 'r' },  { '\t', 't' } };
    for (size_t i = 0; i < sizeof letters / sizeof letters[0]; i++) {
        if (*p == (uint8_t)letters[i][0]) {
            put(j, (char[]){ '\\', letters[i][1] }, 2);
            return 1;
        }
    }
    if (*p < 0x80) {
        put(j, (char[]){ '\\', 'u', '0', '0', hex[*p >> 4], hex[*p & 15] }, 6);
        return 1;
    }
    if (is_line_end(p, len)) {
        put_text(j, p[2] == 0xa8 ? "\\u2028" : "\\u2029");
        return 3;
    }
    put_text(j, "\xef\xbf\xbd"); /* U+FFFD for each byte that belongs to no character */
    return 1;
}

static void put_string(struct jw *j, const char *text, size_t len)
{
    const uint8_t *p = (const uint8_t *)text, *from = p, *end = p + len;
    put(j, "\"", 1);
    while (p < end) {
        size_t n = plain_len(p, (size_t)(end - p));
        if (n) {
            p += n;
            continue;
        }
        put(j, (const char *)from, (size_t)(p - from));
        p += put_escaped(j, p, (size_t)(end - p));
        from = p;
    }
    put(j, (const char *)from, (size_t)(p - from));
    put(j, "\"", 1);
}

static void begin_value(struct jw *j, const char *key)
{
    if (j->comma)
        put(j, ",", 1);
    j->comma = true;
    if (key) {
        put_string(j, key, strlen(key));
        put(j, ":", 1);
    }
}

static void open_with(struct jw *j, const char *key, const char *bracket)
{
    begin_value(j, key);
    put(j, bracket, 1);
    j->comma = false;
}

static void close_with(struct jw *j, const char *bracket)
{
    put(j, bracket, 1);
    j->comma = true;
}

void jw_object(struct jw *j, const char *key)
{
    open_with(j, key, "{");
}

void jw_object_end(struct jw *j)
{
    close_with(j, "}");
}

void jw_array(struct jw *j, const char *key)
{
    open_with(j, key, "[");
}

void jw_array_end(struct jw *j)
{
    close_with(j, "]");
}

/* Decimal digits of `value`, padded with zeros to `least`. */
static void put_digits(struct jw *j, uint64_t value, int least)
{
    char  digits[24];
    char *p = digits + sizeof digits;
    for (; value || least > 0; value /= 10, least--)
        *--p = (char)('0' + value % 10);
    put(j, p, (size_t)(digits + sizeof digits - p));
}

void jw_int(struct jw *j, const char *key, int64_t value)
{
    begin_value(j, key);
    if (value < 0)
        put(j, "-", 1);
    put_digits(j, value < 0 ? -(uint64_t)value : (uint64_t)value, 1);
}

void jw_fixed(struct jw *j, const char *key, double value)
{
    double   size = value < 0 ? -value : value;
    uint64_t hundredths;
    if (!(size <= JW_FIXED_MAX)) /* NaN compares false with everything */
        size = size > JW_FIXED_MAX ? JW_FIXED_MAX : 0;
    hundredths = (uint64_t)(size * 100 + 0.5);
    begin_value(j, key);
    if (value < 0 && hundredths)
        put(j, "-", 1);
    put_digits(j, hundredths / 100, 1);
    put(j, ".", 1);
    put_digits(j, hundredths % 100, 2);
}

void jw_bool(struct jw *j, const char *key, bool value)
{
    begin_value(j, key);
    put_text(j, value ? "true" : "false");
}

void jw_null(struct jw *j, const char *key)
{
    begin_value(j, key);
    put_text(j, "null");
}

void jw_number(struct jw *j, const char *key, double value)
{
    char text[32];
    if (!isfinite(value)) {
        jw_null(j, key);
        return;
    }
    snprintf(text, sizeof text, "%.15g", value);
    if (strtod(text, NULL) != value)
        snprintf(text, sizeof text, "%.17g", value);
    begin_value(j, key);
    put_text(j, text);
}

void jw_string(struct jw *j, const char *key, const char *text)
{
    jw_text(j, key, text ? text : "", text ? strlen(text) : 0);
}

void jw_text(struct jw *j, const char *key, const char *text, size_t len)
{
    begin_value(j, key);
    put_string(j, text, len);
}

void jw_raw(struct jw *j, const char *text)
{
    put_text(j, text);
}
