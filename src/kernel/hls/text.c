#include "kernel/hls/text.h"

#include <stdbool.h>
#include <string.h>

#include "core/clock.h"

/* Marks take at most as many bytes as the text: the shortest line with a URI is longer than a mark. */
struct hls_mark {
    uint32_t at;        /* offset of the query in the text */
    uint8_t  kind;      /* enum hls_uri_kind */
    bool     has_query; /* the URI has parameters of its own, which follow */
};

struct hls_text hls_text_up_to(size_t max_bytes)
{
    return (struct hls_text){ .text = BUF_UP_TO(max_bytes), .marks = BUF_UP_TO(max_bytes) };
}

static void append_encoded(struct buf *b, unsigned char c)
{
    buf_printf(b, "%%%02X", c);
}

/* RFC 3986 2 and Appendix A: what is in no production */
static bool is_no_uri_byte(unsigned char c)
{
    return c <= ' ' || c >= 0x7F || strchr("\"<>\\^`{|}", c);
}

static void add_mark(struct hls_text *t, enum hls_uri_kind kind, bool has_query)
{
    struct hls_mark mark = { .at = (uint32_t)t->text.len, .kind = (uint8_t)kind, .has_query = has_query };
    if (kind != HLS_URI_PLAIN)
        buf_append(&t->marks, &mark, sizeof mark);
}

void hls_text_uri(struct hls_text *t, const char *uri, enum hls_uri_kind kind)
{
    bool        marked = false;
    const char *p = uri;
    if (*p == '#') /* On a line of its own it would be a comment. */
        append_encoded(&t->text, (unsigned char)*p++);
    while (*p) {
        size_t harmless = 0;
        while (p[harmless] && !is_no_uri_byte((unsigned char)p[harmless]) && p[harmless] != '?' && p[harmless] != '#')
            harmless++;
        buf_append(&t->text, p, harmless);
        p += harmless;
        if (!*p)
            break;
        if (*p == '#' && !marked) {
            add_mark(t, kind, false);
            marked = true;
        }
        if (is_no_uri_byte((unsigned char)*p))
            append_encoded(&t->text, (unsigned char)*p);
        else
            buf_append(&t->text, p, 1);
        if (*p == '?' && !marked) {
            add_mark(t, kind, true);
            marked = true;
        }
        p++;
    }
    if (!marked)
        add_mark(t, kind, false);
}

void hls_text_inside_quotes(struct buf *b, const char *text)
{
    for (const char *p = text; *p; p++) {
        unsigned char c = (unsigned char)*p;
        if (c == '\n' || c == '\r')
            buf_text(b, " ");
        else if (c == '"')
            buf_text(b, "'");
        else if (c >= ' ' && c != 0x7F)
            buf_append(b, p, 1);
    }
}

void hls_text_quoted(struct buf *b, const char *text)
{
    buf_text(b, "\"");
    hls_text_inside_quotes(b, text);
    buf_text(b, "\"");
}

void hls_text_date(struct buf *b, int64_t wall_us)
{
    char text[CLOCK_UTC_CAP];
    buf_text(b, clock_utc(text, wall_us));
}

void hls_text_clear(struct hls_text *t)
{
    buf_rewind(&t->text, 0);
    buf_rewind(&t->marks, 0);
}

static size_t n_marks(const struct hls_text *t)
{
    return t->marks.len / sizeof(struct hls_mark);
}

static struct hls_mark mark_at(const struct hls_text *t, size_t i)
{
    struct hls_mark mark;
    memcpy(&mark, t->marks.bytes + i * sizeof mark, sizeof mark);
    return mark;
}

/* "a.ts?" has nothing behind the mark. */
static bool is_end_of_uri(char c)
{
    return c == '\n' || c == '"' || c == '\0';
}

void hls_text_expand(struct buf *out, const struct hls_text *t, unsigned kinds, const char *query)
{
    const char *from = t->text.bytes;
    size_t      done = 0, query_len = strlen(query), n = query_len ? n_marks(t) : 0, room;
    size_t      most = t->text.len + n * (query_len + 1); /* with a '?' or '&' for each */
    buf_reserve(out, most);
    char *begin = buf_room(out, most, &room), *to = begin;
    if (!begin)
        return;
    for (size_t i = 0; i < n; i++) {
        struct hls_mark mark = mark_at(t, i);
        if (!(mark.kind & kinds))
            continue;
        to = mempcpy(to, from + done, mark.at - done);
        done = mark.at;
        if (!mark.has_query)
            *to++ = '?';
        to = mempcpy(to, query, query_len);
        if (mark.has_query && !is_end_of_uri(from[mark.at]))
            *to++ = '&';
    }
    if (t->text.len > done)
        to = mempcpy(to, from + done, t->text.len - done);
    buf_added(out, (size_t)(to - begin));
}

struct err *hls_text_error(const struct hls_text *t)
{
    return buf_error(t->text.fault != BUF_SOUND ? &t->text : &t->marks);
}

void hls_text_finish(struct hls_text *t)
{
    buf_finish(&t->text);
    buf_finish(&t->marks);
}
