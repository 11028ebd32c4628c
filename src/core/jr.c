#include "core/jr.h"

#include <string.h>

#include "core/hex.h"
#include "core/utf8.h"

enum { ESCAPE_BYTES_MAX = 4 };

struct scan {
    const char *p, *end;
    uint32_t    is_object; /* a bit for each open object or array: what it is */
    int         depth;
};

/* The next character, or NUL at the end of the text. */
static char peek(const struct scan *s)
{
    return s->p < s->end ? *s->p : '\0';
}

static void skip_space(struct scan *s)
{
    while (s->p < s->end && (*s->p == ' ' || *s->p == '\t' || *s->p == '\n' || *s->p == '\r'))
        s->p++;
}

static bool take(struct scan *s, char c)
{
    bool found = s->p < s->end && *s->p == c;
    s->p += found;
    return found;
}

/* ---- strings --------------------------------------------------------------------------------------------------- */

/* The four digits behind \u. */
static bool take_code_unit(struct scan *s, uint32_t *unit)
{
    *unit = 0;
    for (int i = 0; i < 4; i++) {
        int digit = hex_digit(peek(s));
        if (digit < 0)
            return false;
        *unit = *unit << 4 | (uint32_t)digit;
        s->p++;
    }
    return true;
}

/* A character beyond U+FFFF is a pair of surrogates (RFC 8259, 7); half a pair is no text. */
static bool take_code_point(struct scan *s, uint32_t *point)
{
    uint32_t low;
    if (!take_code_unit(s, point))
        return false;
    if (*point < 0xd800 || *point > 0xdfff)
        return true;
    if (*point > 0xdbff || !take(s, '\\') || !take(s, 'u') || !take_code_unit(s, &low) || low < 0xdc00 || low > 0xdfff)
        return false;
    *point = 0x10000 + ((*point - 0xd800) << 10) + (low - 0xdc00);
    return true;
}

static size_t put_utf8(uint32_t c, char out[static ESCAPE_BYTES_MAX])
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = n - 1; i > 0; i--, c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3f));
    out[0] = (char)((0xf00 >> n & 0xff) | c);
    return n;
}

/* What stands behind a backslash. */
static bool take_escape(struct scan *s, char out[static ESCAPE_BYTES_MAX], size_t *n)
{
    static const char names[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    uint32_t          point;
    if (take(s, 'u')) {
        bool is_point = take_code_point(s, &point);
        *n = is_point ? put_utf8(point, out) : 0;
        return is_point;
    }
    char        c = peek(s);
    const char *found = c ? strchr(names, c) : NULL;
    if (!found)
        return false;
    out[0] = meant[found - names];
    s->p++;
    return true;
}

/*
 * Take one character of a string, as the bytes that it stands for. False at the closing quote, and for what is no character: then
 * nothing of the text is left, so that no quote is found behind it.
 */
static bool take_character(struct scan *s, char out[static ESCAPE_BYTES_MAX], size_t *n)
{
    *n = 1;
    out[0] = peek(s);
    if (out[0] == '"')
        return false;
    bool is_plain = (unsigned char)out[0] >= 0x20 && out[0] != '\\';
    if (is_plain || (take(s, '\\') && take_escape(s, out, n))) {
        s->p += is_plain;
        return true;
    }
    s->p = s->end;
    return false;
}

static bool take_string(struct scan *s)
{
    char   bytes[ESCAPE_BYTES_MAX];
    size_t n;
    if (!take(s, '"'))
        return false;
    while (take_character(s, bytes, &n))
        ;
    return take(s, '"');
}

/* True if the string at s->p, which is valid, means `text`. */
static bool is_string(struct scan s, const char *text)
{
    char   bytes[ESCAPE_BYTES_MAX];
    size_t n, left = strlen(text);
    for (s.p++; take_character(&s, bytes, &n); text += n, left -= n)
        if (n > left || memcmp(bytes, text, n) != 0)
            return false;
    return left == 0;
}

/* ---- other values ------------------------------------------------------------------------------------------------ */

static bool take_digits(struct scan *s)
{
    const char *begin = s->p;
    while (peek(s) >= '0' && peek(s) <= '9')
        s->p++;
    return s->p > begin;
}

static bool take_number(struct scan *s)
{
    take(s, '-');
    if (!take(s, '0') && !take_digits(s))
        return false;
    if (take(s, '.') && !take_digits(s))
        return false;
    if (!take(s, 'e') && !take(s, 'E'))
        return true;
    if (!take(s, '+'))
        take(s, '-');
    return take_digits(s);
}

static bool take_word(struct scan *s, const char *word)
{
    size_t len = strlen(word);
    if ((size_t)(s->end - s->p) < len || memcmp(s->p, word, len) != 0)
        return false;
    s->p += len;
    return true;
}

static enum jr_kind kind_at(const struct scan *s)
{
    switch (peek(s)) {
    case '{': return JR_OBJECT;
    case '[': return JR_ARRAY;
    case '"': return JR_STRING;
    case 't': return JR_TRUE;
    case 'f': return JR_FALSE;
    case 'n': return JR_NULL;
    default: return JR_NUMBER;
    }
}

static bool take_scalar(struct scan *s)
{
    switch (kind_at(s)) {
    case JR_STRING: return take_string(s);
    case JR_TRUE: return take_word(s, "true");
    case JR_FALSE: return take_word(s, "false");
    case JR_NULL: return take_word(s, "null");
    case JR_NUMBER: return take_number(s);
    case JR_OBJECT:
    case JR_ARRAY: break;
    }
    return false;
}

/* ---- objects and arrays ------------------------------------------------------------------------------------------ */

static bool in_object(const struct scan *s)
{
    return s->is_object >> (s->depth - 1) & 1;
}

/* The name of a member and its colon; nothing in an array. */
static bool take_name(struct scan *s)
{
    skip_space(s);
    if (!in_object(s))
        return true;
    if (!take_string(s))
        return false;
    skip_space(s);
    return take(s, ':');
}

/* Open an object or array. *is_empty: it is closed already. */
static bool open(struct scan *s, bool *is_empty)
{
    bool is_object = *s->p++ == '{';
    if (s->depth == JR_DEPTH_MAX)
        return false;
    uint32_t bit = UINT32_C(1) << s->depth++;
    s->is_object = is_object ? s->is_object | bit : s->is_object & ~bit;
    skip_space(s);
    *is_empty = take(s, is_object ? '}' : ']');
    s->depth -= *is_empty;
    return *is_empty || take_name(s);
}

/* After a value: close what ends here, until there is a comma or nothing is open. */
static bool close(struct scan *s)
{
    while (s->depth > 0) {
        skip_space(s);
        if (take(s, ','))
            return take_name(s);
        if (!take(s, in_object(s) ? '}' : ']'))
            return false;
        s->depth--;
    }
    return true;
}

/* Take one whole value, which begins at s->p. */
static bool take_value(struct scan *s)
{
    do {
        bool is_whole = true;
        skip_space(s);
        if (peek(s) != '{' && peek(s) != '[') {
            if (!take_scalar(s))
                return false;
        } else if (!open(s, &is_whole)) {
            return false;
        }
        if (is_whole && !close(s))
            return false;
    } while (s->depth > 0);
    return true;
}

/* ---- what callers see --------------------------------------------------------------------------------------------- */

static struct scan scan_over(const char *text, size_t len)
{
    return (struct scan){ .p = text, .end = text + len };
}

bool jr_parse(const char *text, size_t len, struct jr_value *out)
{
    struct scan s = scan_over(text, len);
    struct utf8 utf8 = { 0 };
    if (!utf8_feed(&utf8, text, len) || !utf8_is_whole(&utf8))
        return false;
    skip_space(&s);
    const struct scan begin = s;
    if (!take_value(&s))
        return false;
    const char *end = s.p;
    skip_space(&s);
    if (s.p != s.end)
        return false;
    *out = (struct jr_value){ kind_at(&begin), begin.p, (size_t)(end - begin.p) };
    return true;
}

bool jr_member(const struct jr_value *object, const char *name, struct jr_value *out)
{
    struct scan s = scan_over(object->at, object->len);
    bool        found = false;
    if (object->kind != JR_OBJECT)
        return false;
    s.p++;
    for (skip_space(&s); peek(&s) == '"' || take(&s, ','); skip_space(&s)) {
        skip_space(&s);
        bool is_it = is_string(s, name);
        take_string(&s);
        skip_space(&s);
        s.p++; /* the colon */
        skip_space(&s);
        const struct scan begin = s;
        if (!take_value(&s))
            return false; /* cannot happen: the text was checked */
        if (is_it)
            *out = (struct jr_value){ kind_at(&begin), begin.p, (size_t)(s.p - begin.p) };
        found |= is_it;
    }
    return found;
}

bool jr_next(const struct jr_value *array, size_t *at, struct jr_value *out)
{
    struct scan s = scan_over(array->at, array->len);
    if (array->kind != JR_ARRAY || *at >= array->len)
        return false;
    s.p += *at ? *at : 1; /* behind the bracket, or behind the last element */
    skip_space(&s);
    if (*at && !take(&s, ','))
        return false;
    skip_space(&s);
    const struct scan begin = s;
    if (peek(&s) == ']' || !take_value(&s))
        return false;
    *out = (struct jr_value){ kind_at(&begin), begin.p, (size_t)(s.p - begin.p) };
    *at = (size_t)(s.p - array->at);
    return true;
}

bool jr_next_member(const struct jr_value *object, size_t *at, struct jr_value *name, struct jr_value *out)
{
    struct scan s = scan_over(object->at, object->len);
    if (object->kind != JR_OBJECT || *at >= object->len)
        return false;
    s.p += *at ? *at : 1; /* behind the bracket, or behind the last member */
    skip_space(&s);
    if (*at && !take(&s, ','))
        return false;
    skip_space(&s);
    *name = (struct jr_value){ .kind = JR_STRING, .at = s.p };
    if (!take_string(&s))
        return false;
    name->len = (size_t)(s.p - name->at);
    skip_space(&s);
    s.p++; /* the colon */
    skip_space(&s);
    const struct scan begin = s;
    if (!take_value(&s))
        return false; /* cannot happen: the text was checked */
    *out = (struct jr_value){ kind_at(&begin), begin.p, (size_t)(s.p - begin.p) };
    *at = (size_t)(s.p - object->at);
    return true;
}

bool jr_int(const struct jr_value *v, int64_t *out)
{
    bool     negative = v->kind == JR_NUMBER && v->at[0] == '-';
    uint64_t n = 0, most = (uint64_t)INT64_MAX + negative;
    if (v->kind != JR_NUMBER)
        return false;
    for (size_t i = negative; i < v->len; i++) {
        unsigned digit = (unsigned)(v->at[i] - '0');
        if (digit > 9 || n > (most - digit) / 10)
            return false;
        n = n * 10 + digit;
    }
    *out = negative ? (int64_t)(0 - n) : (int64_t)n;
    return true;
}

bool jr_string(const struct jr_value *v, char *buf, size_t cap)
{
    struct scan s = scan_over(v->at, v->len);
    char        bytes[ESCAPE_BYTES_MAX];
    size_t      n, len = 0;
    buf[0] = '\0';
    if (v->kind != JR_STRING)
        return false;
    for (s.p++; take_character(&s, bytes, &n); len += n) {
        if (n >= cap - len || bytes[0] == '\0') {
            buf[0] = '\0';
            return false;
        }
        memcpy(buf + len, bytes, n);
    }
    buf[len] = '\0';
    return true;
}
