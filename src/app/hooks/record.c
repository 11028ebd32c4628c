#include "app/hooks/record.h"

#include <stdlib.h>
#include <string.h>

#include "core/attr.h"
#include "core/clock.h"
#include "core/line_log.h"
#include "core/str.h"

static const char *const kinds[] = {
    [HOOK_RECORD_EVENT] = "event",
    [HOOK_RECORD_DONE] = "done",
    [HOOK_RECORD_NEXT] = "next",
};

/* Characters of a field that would end it, and the letters that stand for them. */
static const char escaped[] = "\\\t\n\r", letters[] = "\\tnr";

/* ---- writing ------------------------------------------------------------------------------------------------------- */

static void put_field(struct buf *out, const char *text)
{
    buf_text(out, "\t");
    while (*text) {
        size_t plain = strcspn(text, escaped);
        buf_append(out, text, plain);
        text += plain;
        if (*text)
            buf_printf(out, "\\%c", letters[strchr(escaped, *text++) - escaped]);
    }
}

static void put_event(struct buf *out, const struct hook_record *r)
{
    const char *url = r->urls;
    buf_printf(out, "\t%lld", (long long)(r->wall_us / US_PER_MS));
    put_field(out, hook_event_name(r->event));
    put_field(out, r->id);
    put_field(out, r->id_is_secret ? "1" : "0");
    put_field(out, r->vhost);
    put_field(out, r->queue);
    put_field(out, r->client_id);
    put_field(out, r->body);
    for (size_t i = 0; i < r->n_urls; i++, url += strlen(url) + 1)
        put_field(out, url);
}

bool hook_record_write(struct buf *out, const struct hook_record *r)
{
    struct buf text = buf_up_to(HOOK_RECORD_MAX);
    size_t     before = out->len;
    buf_printf(&text, "%s\t%llu", kinds[r->kind], (unsigned long long)r->sequence);
    if (r->kind == HOOK_RECORD_EVENT)
        put_event(&text, r);
    bool ok = text.fault == BUF_SOUND && line_log_format(out, text.bytes, text.len) && out->fault == BUF_SOUND;
    if (!ok)
        buf_rewind(out, before);
    buf_finish(&text);
    return ok;
}

/* ---- reading ------------------------------------------------------------------------------------------------------- */

/* Turn tabs into NULs and escapes into what they stand for. Returns the number of fields; 0: an escape is none. */
static size_t split(char *text, size_t len)
{
    size_t n = 1;
    char  *to = text;
    for (const char *from = text, *end = text + len; from < end; from++) {
        if (*from == '\\') {
            const char *letter = from + 1 < end && from[1] ? strchr(letters, from[1]) : NULL;
            if (!letter)
                return 0;
            *to++ = escaped[letter - letters];
            from++;
        } else {
            n += *from == '\t';
            *to++ = (char)(*from == '\t' ? '\0' : *from);
        }
    }
    *to = '\0';
    return n;
}

static const char *next(const char **field)
{
    const char *this = *field;
    *field += strlen(this) + 1;
    return this;
}

static bool number(const char *text, uint64_t *out)
{
    char *end;
    if (*text < '0' || *text > '9')
        return false;
    *out = strtoull(text, &end, 10);
    return !*end && *out < INT64_MAX;
}

static bool parse_event(const char *field, size_t n_fields, struct hook_record *r)
{
    enum { N_FIXED = 8 };
    uint64_t wall_ms;
    if (n_fields <= N_FIXED || !number(next(&field), &wall_ms) || wall_ms > INT64_MAX / US_PER_MS ||
        !hook_event_find(next(&field), &r->event))
        return false;
    r->wall_us = (int64_t)wall_ms * US_PER_MS;
    r->id = next(&field);
    r->id_is_secret = *next(&field) == '1';
    r->vhost = next(&field);
    r->queue = next(&field);
    r->client_id = next(&field);
    r->body = next(&field);
    r->urls = field;
    r->n_urls = n_fields - N_FIXED;
    return true;
}

bool hook_record_parse(char *text, size_t len, struct hook_record *out)
{
    struct hook_record r = { .sequence = 0 };
    size_t             n = split(text, len), kind = 0;
    const char        *field = text;
    if (n < 2)
        return false;
    const char *word = next(&field);
    while (kind < ARRAY_LEN(kinds) && !str_equal(word, kinds[kind]))
        kind++;
    if (kind == ARRAY_LEN(kinds) || !number(next(&field), &r.sequence))
        return false;
    r.kind = (enum hook_record_kind)kind;
    if (r.kind == HOOK_RECORD_EVENT ? !parse_event(field, n - 2, &r) : n != 2)
        return false;
    *out = r;
    return true;
}
