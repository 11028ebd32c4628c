#include "kernel/hls/attribute.h"

#include <inttypes.h>

struct hls_attributes hls_attributes_begin(struct hls_text *t, const char *tag)
{
    buf_printf(&t->text, "#%s:", tag);
    return (struct hls_attributes){ .t = t };
}

static struct buf *begin(struct hls_attributes *a, const char *name)
{
    buf_printf(&a->t->text, "%s%s=", a->follows ? "," : "", name);
    a->follows = true;
    return &a->t->text;
}

void hls_attribute_word(struct hls_attributes *a, const char *name, const char *word)
{
    buf_text(begin(a, name), word);
}

void hls_attribute_text(struct hls_attributes *a, const char *name, const char *text)
{
    hls_text_quoted(begin(a, name), text);
}

void hls_attribute_uri(struct hls_attributes *a, const char *name, const char *uri, enum hls_uri_kind kind)
{
    buf_text(begin(a, name), "\"");
    hls_text_uri(a->t, uri, kind);
    buf_text(&a->t->text, "\"");
}

void hls_attribute_integer(struct hls_attributes *a, const char *name, int64_t value)
{
    buf_printf(begin(a, name), "%" PRId64, value);
}

void hls_attribute_seconds(struct hls_attributes *a, const char *name, int64_t us)
{
    int64_t fraction = us % 1000000;
    int     digits = 6;
    for (; digits > 3 && fraction % 10 == 0; digits--)
        fraction /= 10;
    buf_printf(begin(a, name), "%" PRId64 ".%0*" PRId64, us / 1000000, digits, fraction);
}

void hls_attribute_hex(struct hls_attributes *a, const char *name, const uint8_t *bytes, size_t len)
{
    struct buf *b = begin(a, name);
    buf_text(b, "0x");
    for (size_t i = 0; i < len; i++)
        buf_printf(b, "%02X", bytes[i]);
}

void hls_attribute_date(struct hls_attributes *a, const char *name, int64_t wall_us)
{
    struct buf *b = begin(a, name);
    buf_text(b, "\"");
    hls_text_date(b, wall_us);
    buf_text(b, "\"");
}

void hls_attributes_end(struct hls_attributes *a)
{
    buf_text(&a->t->text, "\n");
}
