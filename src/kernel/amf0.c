#include "kernel/amf0.h"

#include <string.h>

bool amf0_text_is(struct amf0_text text, const char *word)
{
    return text.p && text.len == strlen(word) && memcmp(text.p, word, text.len) == 0;
}

bool amf0_text_copy(char *dst, size_t cap, struct amf0_text text)
{
    size_t len = text.p ? strnlen(text.p, text.len) : 0;
    bool   whole = text.p && len == text.len;
    if (cap == 0)
        return false;
    if (len >= cap) {
        len = cap - 1;
        whole = false;
    }
    if (len)
        memcpy(dst, text.p, len);
    dst[len] = '\0';
    return whole;
}

/* ---- reading ---- */

static struct amf0_text text_of(struct rd *r, size_t len)
{
    const uint8_t *b = rd_bytes(r, len);
    return b ? (struct amf0_text){ (const char *)b, len } : (struct amf0_text){ NULL, 0 };
}

enum amf0_type amf0_peek(const struct rd *r)
{
    if (r->bad || rd_left(r) == 0)
        return AMF0_NONE;
    return (enum amf0_type)r->p[0];
}

static void expect(struct rd *r, enum amf0_type type)
{
    if (rd_u8(r) != type)
        r->bad = true;
}

double amf0_read_number(struct rd *r)
{
    expect(r, AMF0_NUMBER);
    return rd_f64(r);
}

bool amf0_read_bool(struct rd *r)
{
    expect(r, AMF0_BOOLEAN);
    return rd_u8(r) != 0;
}

struct amf0_text amf0_read_string(struct rd *r)
{
    switch (rd_u8(r)) {
    case AMF0_STRING: return text_of(r, rd_u16(r));
    case AMF0_LONG_STRING: return text_of(r, rd_u32(r));
    default: r->bad = true; return (struct amf0_text){ NULL, 0 };
    }
}

struct amf0_walk amf0_open(struct rd *r)
{
    struct amf0_walk walk = { 0 };
    switch (rd_u8(r)) {
    case AMF0_OBJECT: break;
    case AMF0_TYPED_OBJECT:
        rd_bytes(r, rd_u16(r)); /* class-name */
        break;
    case AMF0_ECMA_ARRAY:
        walk.counted = true;
        walk.left = rd_u32(r);
        break;
    default: r->bad = true;
    }
    walk.done = r->bad;
    return walk;
}

bool amf0_next(struct amf0_walk *walk, struct rd *r, struct amf0_text *key)
{
    *key = (struct amf0_text){ NULL, 0 };
    if (walk->done || r->bad)
        return false;
    if (walk->counted && walk->left == 0 && rd_left(r) == 0) {
        walk->done = true; /* All announced properties have come; the end marker was left out. */
        return false;
    }
    struct amf0_text name = text_of(r, rd_u16(r));
    if (name.len == 0 && amf0_peek(r) == AMF0_OBJECT_END) {
        rd_u8(r);
        walk->done = true;
        return false;
    }
    if (r->bad)
        return false;
    if (walk->left)
        walk->left--;
    *key = name;
    return true;
}

static void skip_value(struct rd *r, int depth);

static void skip_properties(struct rd *r, int depth)
{
    struct amf0_walk walk = amf0_open(r);
    struct amf0_text key;
    walk.counted &= depth == 0;       /* Inside a container only the end marker tells what belongs to which. */
    while (amf0_next(&walk, r, &key)) /* each turn consumes a key, or fails */
        skip_value(r, depth + 1);
}

static void skip_elements(struct rd *r, int depth)
{
    expect(r, AMF0_STRICT_ARRAY);
    uint32_t count = rd_u32(r);
    for (uint32_t i = 0; i < count && !r->bad; i++) /* each turn consumes a marker, or fails */
        skip_value(r, depth + 1);
}

/* Skip a value that is inside `depth` containers. */
static void skip_value(struct rd *r, int depth)
{
    enum amf0_type type = amf0_peek(r);
    switch (type) {
    case AMF0_OBJECT:
    case AMF0_ECMA_ARRAY:
    case AMF0_TYPED_OBJECT:
    case AMF0_STRICT_ARRAY:
        if (depth >= AMF0_DEPTH_MAX)
            r->bad = true; /* It sticks: every loop above ends on r->bad. */
        else if (type == AMF0_STRICT_ARRAY)
            skip_elements(r, depth);
        else
            skip_properties(r, depth);
        return;
    default: break;
    }
    rd_u8(r);
    switch (type) {
    case AMF0_NUMBER: rd_bytes(r, 8); return;
    case AMF0_BOOLEAN: rd_bytes(r, 1); return;
    case AMF0_STRING: rd_bytes(r, rd_u16(r)); return;
    case AMF0_LONG_STRING:
    case AMF0_XML_DOCUMENT: rd_bytes(r, rd_u32(r)); return;
    case AMF0_REFERENCE: rd_bytes(r, 2); return;
    case AMF0_DATE: rd_bytes(r, 8 + 2); return;
    case AMF0_NULL:
    case AMF0_UNDEFINED:
    case AMF0_UNSUPPORTED: return;
    default: r->bad = true; /* reserved, unknown, an end marker without its object, or no value at all */
    }
}

void amf0_skip(struct rd *r)
{
    skip_value(r, 0);
}

void amf0_skip_inner(struct rd *r)
{
    skip_value(r, 1);
}

bool amf0_find(struct rd object, const char *name, struct rd *value)
{
    struct amf0_walk walk = amf0_open(&object);
    struct amf0_text key;
    while (amf0_next(&walk, &object, &key)) {
        if (amf0_text_is(key, name)) {
            *value = object;
            return true;
        }
        amf0_skip_inner(&object);
    }
    return false;
}

struct amf0_text amf0_get_string(struct rd object, const char *name)
{
    struct rd value;
    if (!amf0_find(object, name, &value))
        return (struct amf0_text){ NULL, 0 };
    return amf0_read_string(&value);
}

double amf0_get_number(struct rd object, const char *name, double otherwise)
{
    struct rd value;
    if (!amf0_find(object, name, &value))
        return otherwise;
    double number = amf0_read_number(&value);
    return value.bad ? otherwise : number;
}

/* ---- writing ---- */

static bool is_among(struct amf0_text key, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (amf0_text_is(key, names[i]))
            return true;
    return false;
}

uint32_t amf0_copy_properties(struct rd r, const char *const *but, size_t n_but, struct wr *w, bool *bad)
{
    struct amf0_text key;
    struct amf0_walk walk = amf0_open(&r);
    uint32_t         n = 0;
    for (const uint8_t *at = r.p; amf0_next(&walk, &r, &key); at = r.p) {
        amf0_skip_inner(&r);
        if (r.bad || is_among(key, but, n_but))
            continue;
        n++;
        if (w)
            wr_bytes(w, at, (size_t)(r.p - at));
    }
    *bad |= r.bad;
    return n;
}

void amf0_write_number(struct wr *w, double value)
{
    wr_u8(w, AMF0_NUMBER);
    wr_f64(w, value);
}

void amf0_write_bool(struct wr *w, bool value)
{
    wr_u8(w, AMF0_BOOLEAN);
    wr_u8(w, value);
}

void amf0_write_null(struct wr *w)
{
    wr_u8(w, AMF0_NULL);
}

void amf0_write_undefined(struct wr *w)
{
    wr_u8(w, AMF0_UNDEFINED);
}

void amf0_write_string(struct wr *w, const char *text)
{
    amf0_write_text(w, text, strlen(text));
}

void amf0_write_text(struct wr *w, const char *text, size_t len)
{
    if (len > UINT32_MAX) {
        w->full = true;
        return;
    }
    if (len <= AMF0_STRING_MAX) {
        wr_u8(w, AMF0_STRING);
        wr_u16(w, (uint16_t)len);
    } else {
        wr_u8(w, AMF0_LONG_STRING);
        wr_u32(w, (uint32_t)len);
    }
    wr_bytes(w, text, len);
}

void amf0_write_object(struct wr *w)
{
    wr_u8(w, AMF0_OBJECT);
}

void amf0_write_ecma_array(struct wr *w, uint32_t count)
{
    wr_u8(w, AMF0_ECMA_ARRAY);
    wr_u32(w, count);
}

void amf0_write_strict_array(struct wr *w, uint32_t count)
{
    wr_u8(w, AMF0_STRICT_ARRAY);
    wr_u32(w, count);
}

void amf0_write_key(struct wr *w, const char *name)
{
    size_t len = strlen(name);
    if (len > AMF0_STRING_MAX) {
        w->full = true;
        return;
    }
    wr_u16(w, (uint16_t)len);
    wr_bytes(w, name, len);
}

void amf0_write_end(struct wr *w)
{
    wr_u16(w, 0); /* empty key before the end marker */
    wr_u8(w, AMF0_OBJECT_END);
}

void amf0_put_number(struct wr *w, const char *name, double value)
{
    amf0_write_key(w, name);
    amf0_write_number(w, value);
}

void amf0_put_bool(struct wr *w, const char *name, bool value)
{
    amf0_write_key(w, name);
    amf0_write_bool(w, value);
}

void amf0_put_string(struct wr *w, const char *name, const char *value)
{
    amf0_write_key(w, name);
    amf0_write_string(w, value);
}
