#include "core/xw.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/utf8.h"

struct xw xw_document(struct buf *text)
{
    buf_text(text, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
    return (struct xw){ .text = text };
}

/* 2.2: U+FFFE and U+FFFF are no characters of XML. DEL is one, but no name needs it. */
static bool is_char(const uint8_t *p, size_t len)
{
    if (len == 1)
        return (*p >= 0x20 && *p != 0x7f) || *p == '\t' || *p == '\n' || *p == '\r';
    return !(len == 3 && p[0] == 0xef && p[1] == 0xbf && p[2] >= 0xbe);
}

/* White space is written as references, because a reader of an attribute makes spaces of it (3.3.3). */
static const char *reference_of(uint8_t c)
{
    switch (c) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&quot;";
    case '\'': return "&#39;";
    case '\t': return "&#9;";
    case '\n': return "&#10;";
    case '\r': return "&#13;";
    default: return NULL;
    }
}

static void put_escaped(struct xw *x, const char *text)
{
    const uint8_t *p = (const uint8_t *)(text ? text : ""), *from = p;
    while (*p) {
        size_t      n = utf8_char_len(p, UTF8_CHAR_MAX);
        const char *instead = n && is_char(p, n) ? reference_of(*p) : "\xef\xbf\xbd";
        if (instead) {
            buf_append(x->text, from, (size_t)(p - from));
            buf_text(x->text, instead);
            from = p + (n ? n : 1);
        }
        p += n ? n : 1;
    }
    buf_append(x->text, from, (size_t)(p - from));
}

static void new_line(struct xw *x)
{
    buf_text(x->text, "\n");
    for (unsigned i = 0; i < x->depth; i++)
        buf_text(x->text, "  ");
}

void xw_begin(struct xw *x, const char *element)
{
    if (x->in_tag)
        buf_text(x->text, ">");
    new_line(x);
    buf_text(x->text, "<");
    buf_text(x->text, element);
    x->depth++;
    x->in_tag = true;
    x->has_text = false;
}

void xw_end(struct xw *x, const char *element)
{
    x->depth--;
    if (x->in_tag) {
        buf_text(x->text, "/>");
    } else {
        if (!x->has_text)
            new_line(x);
        buf_text(x->text, "</");
        buf_text(x->text, element);
        buf_text(x->text, ">");
    }
    x->in_tag = x->has_text = false;
    if (x->depth == 0)
        buf_text(x->text, "\n");
}

void xw_attr_begin(struct xw *x, const char *name)
{
    buf_text(x->text, " ");
    buf_text(x->text, name);
    buf_text(x->text, "=\"");
}

void xw_attr_end(struct xw *x)
{
    buf_text(x->text, "\"");
}

void xw_attr(struct xw *x, const char *name, const char *value)
{
    xw_attr_begin(x, name);
    put_escaped(x, value);
    xw_attr_end(x);
}

void xw_attr_int(struct xw *x, const char *name, int64_t value)
{
    xw_attr_printf(x, name, "%lld", (long long)value);
}

void xw_attr_printf(struct xw *x, const char *name, const char *fmt, ...)
{
    char    value[256]; /* numbers and times */
    va_list args;
    va_start(args, fmt);
    vsnprintf(value, sizeof value, fmt, args);
    va_end(args);
    xw_attr(x, name, value);
}

void xw_text_begin(struct xw *x)
{
    buf_text(x->text, ">");
    x->in_tag = false;
    x->has_text = true;
}

void xw_text(struct xw *x, const char *text)
{
    xw_text_begin(x);
    put_escaped(x, text);
}

void xw_text_element(struct xw *x, const char *element, const char *text)
{
    xw_begin(x, element);
    xw_text(x, text);
    xw_end(x, element);
}

/* A dollar sign would begin an identifier of the template, and an ampersand an entity. */
void xw_put_query(struct buf *text, const char *query)
{
    static const char other[] = "-._~!()*+,;:@/?=%";
    buf_text(text, "?");
    for (; *query; query++) {
        char c = *query;
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr(other, c))
            buf_append(text, &c, 1);
        else if (c == '&')
            buf_text(text, "&amp;");
        else
            buf_printf(text, "%%%02X", (unsigned char)c);
    }
}
