#include "core/mw.h"

#include <string.h>

#include "core/str.h"
#include "core/utf8.h"

enum { NUMBER_CAP = 32 };

static const char total[] = "_total";

static const char *type_name(const struct mw *m, enum mw_type type)
{
    switch (type) {
    case MW_UNTYPED: return m->is_open ? "unknown" : "untyped";
    case MW_COUNTER: return "counter";
    case MW_HISTOGRAM: return "histogram";
    case MW_GAUGE: break;
    }
    return "gauge";
}

/* In OpenMetrics the family of a counter has no _total: only its samples have. */
static size_t family_len(const struct mw *m, enum mw_type type)
{
    size_t len = strlen(m->family);
    return m->is_open && type == MW_COUNTER && str_ends_with(m->family, total) ? len - (sizeof total - 1) : len;
}

void mw_family(struct mw *m, enum mw_type type, const char *name, const char *help)
{
    m->family = name;
    size_t len = family_len(m, type);
    buf_text(m->text, "# HELP ");
    buf_append(m->text, name, len);
    buf_text(m->text, " ");
    buf_text(m->text, help);
    buf_text(m->text, "\n# TYPE ");
    buf_append(m->text, name, len);
    buf_text(m->text, " ");
    buf_text(m->text, type_name(m, type));
    buf_text(m->text, "\n");
}

/* ---- labels ---- */

static const char *escape_of(uint8_t c)
{
    switch (c) {
    case '\\': return "\\\\";
    case '"': return "\\\"";
    case '\n': return "\\n";
    default: return NULL;
    }
}

static void put_escaped(struct buf *text, const char *value)
{
    const uint8_t *p = (const uint8_t *)value, *from = p;
    while (*p) {
        size_t      n = *p < 0x80 ? 1 : utf8_char_len(p, UTF8_CHAR_MAX);
        const char *instead = n ? escape_of(*p) : "\xef\xbf\xbd";
        if (instead) {
            buf_append(text, from, (size_t)(p - from));
            buf_text(text, instead);
            from = p + (n ? n : 1);
        }
        p += n ? n : 1;
    }
    buf_append(text, from, (size_t)(p - from));
}

static void put_label(struct buf *text, const char *name, const char *value)
{
    buf_text(text, name);
    buf_append(text, "=\"", 2);
    put_escaped(text, value ? value : "");
    buf_append(text, "\"", 1);
}

void mw_text_label(struct buf *text, const char *name, const char *value)
{
    if (text->len)
        buf_append(text, ",", 1);
    put_label(text, name, value);
}

/* ---- samples ---- */

static void begin(struct mw *m, const char *suffix, const char *labels)
{
    buf_text(m->text, m->family);
    buf_text(m->text, suffix);
    m->has_labels = labels && *labels;
    if (!m->has_labels)
        return;
    buf_append(m->text, "{", 1);
    buf_text(m->text, labels);
}

void mw_begin(struct mw *m, const char *labels)
{
    begin(m, "", labels);
}

void mw_label(struct mw *m, const char *name, const char *value)
{
    buf_append(m->text, m->has_labels ? "," : "{", 1);
    put_label(m->text, name, value);
    m->has_labels = true;
}

static void end(struct mw *m, const char *number, size_t len)
{
    if (m->has_labels)
        buf_append(m->text, "} ", 2);
    else
        buf_append(m->text, " ", 1);
    buf_append(m->text, number, len);
    buf_append(m->text, "\n", 1);
}

void mw_int(struct mw *m, int64_t value)
{
    char       digits[NUMBER_CAP];
    struct str out = str_over(digits, sizeof digits);
    str_number(&out, value);
    end(m, digits, out.len);
}

void mw_float(struct mw *m, double value)
{
    char       digits[NUMBER_CAP];
    struct str out = str_over(digits, sizeof digits);
    str_printf(&out, "%g", value);
    end(m, digits, out.len);
}

/* Seconds, exactly: sums of years keep their microseconds. */
static void put_seconds(struct str *out, int64_t us)
{
    enum { DIGITS = 6, TEN = 10 };
    char     part[DIGITS];
    uint64_t left = us < 0 ? -(uint64_t)us : (uint64_t)us, second = 1000000;
    uint64_t fraction = left % second;
    if (us < 0)
        str_append(out, "-", 1);
    str_number(out, (int64_t)(left / second));
    if (!fraction)
        return;
    for (int i = DIGITS; i-- > 0; fraction /= TEN)
        part[i] = (char)('0' + fraction % TEN);
    size_t len = DIGITS;
    while (part[len - 1] == '0')
        len--;
    str_append(out, ".", 1);
    str_append(out, part, len);
}

void mw_us(struct mw *m, int64_t us)
{
    char       digits[NUMBER_CAP];
    struct str out = str_over(digits, sizeof digits);
    put_seconds(&out, us);
    end(m, digits, out.len);
}

void mw_histogram(struct mw *m, const char *labels, const struct histogram *h)
{
    uint64_t n = 0;
    for (size_t i = 0; i <= HISTOGRAM_BOUNDS; i++) {
        char       bound[NUMBER_CAP];
        struct str out = str_over(bound, sizeof bound);
        if (i == HISTOGRAM_BOUNDS)
            str_text(&out, "+Inf");
        else
            put_seconds(&out, histogram_bound_us(i));
        n += h->counts[i];
        begin(m, "_bucket", labels);
        mw_label(m, "le", bound);
        mw_int(m, (int64_t)n);
    }
    begin(m, "_sum", labels);
    mw_us(m, h->sum_us);
    begin(m, "_count", labels);
    mw_int(m, (int64_t)n);
}

void mw_one(struct mw *m, enum mw_type type, const char *name, const char *help, int64_t value)
{
    mw_family(m, type, name, help);
    mw_begin(m, NULL);
    mw_int(m, value);
}

void mw_end(struct mw *m)
{
    if (m->is_open)
        buf_text(m->text, "# EOF\n");
}
