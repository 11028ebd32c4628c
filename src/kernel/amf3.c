#include "kernel/amf3.h"

#include <stdio.h>
#include <string.h>

/* The state of a conversion. */
struct flow {
    struct rd           r;
    struct wr          *w;
    struct amf3_tables *t;
};

static void convert(struct flow *f, int depth);

/* ---- primitives ---- */

/* AMF3 1.3.1: 7 bits in each byte, 8 in the fourth. */
static uint32_t read_u29(struct rd *r)
{
    uint32_t value = 0;
    for (int i = 0; i < 3; i++) {
        uint8_t byte = rd_u8(r);
        value = value << 7 | (byte & 0x7F);
        if (!(byte & 0x80))
            return value;
    }
    return value << 8 | rd_u8(r);
}

/* Read a string or a reference to one (AMF3 1.3.2). The empty string is never referred to. */
static struct amf0_text read_text(struct flow *f)
{
    struct amf3_tables *t = f->t;
    uint32_t            u = read_u29(&f->r);
    size_t              n = u >> 1;
    if (!(u & 1)) {
        f->r.bad |= n >= t->n_strings || n >= AMF3_STRINGS_MAX;
        return f->r.bad ? (struct amf0_text){ "", 0 } : t->strings[n];
    }
    const uint8_t   *b = rd_bytes(&f->r, n);
    struct amf0_text text = { b ? (const char *)b : "", b ? n : 0 };
    if (text.len) {
        if (t->n_strings < AMF3_STRINGS_MAX)
            t->strings[t->n_strings] = text;
        t->n_strings++;
    }
    return text;
}

static void write_key(struct flow *f, struct amf0_text key)
{
    f->w->full |= key.len > AMF0_STRING_MAX;
    wr_u16(f->w, (uint16_t)key.len);
    wr_bytes(f->w, key.p, key.len);
}

static void write_index_key(struct flow *f, uint32_t index)
{
    char text[16];
    int  len = snprintf(text, sizeof text, "%u", index);
    write_key(f, (struct amf0_text){ text, (size_t)len });
}

/* ---- what can be referred to ---- */

static void write_referred(struct flow *f, size_t index)
{
    const struct amf3_tables *t = f->t;
    f->r.bad |= index >= t->n_objects || index >= AMF3_OBJECTS_MAX;
    if (f->r.bad)
        return;
    size_t from = t->objects[index].from, to = t->objects[index].to;
    if (to)
        wr_bytes(f->w, f->w->start + from, to - from);
    else
        amf0_write_null(f->w);
}

/* Begin an object of any kind. It gets its place in the table before its parts get theirs. */
static size_t begin_object(struct flow *f)
{
    size_t index = f->t->n_objects++;
    if (index < AMF3_OBJECTS_MAX) {
        f->t->objects[index].from = wr_len(f->w);
        f->t->objects[index].to = 0;
    }
    return index;
}

static void end_object(struct flow *f, size_t index)
{
    if (index < AMF3_OBJECTS_MAX)
        f->t->objects[index].to = wr_len(f->w);
}

/* Read the head of a value that may be a reference. True if the value itself follows; *value has the 28 bits after the flag. */
static bool is_here(struct flow *f, uint32_t *value)
{
    uint32_t u = read_u29(&f->r);
    *value = u >> 1;
    if (!(u & 1))
        write_referred(f, *value);
    return u & 1 && !f->r.bad;
}

/* Check a count: each element takes at least `size` bytes, so more elements than the rest can hold are malformed. */
static void check_count(struct flow *f, uint32_t count, size_t size)
{
    f->r.bad |= count > rd_left(&f->r) / size;
}

/* ---- values ---- */

static void convert_integer(struct flow *f)
{
    int32_t value = (int32_t)read_u29(&f->r);
    amf0_write_number(f->w, value & 0x10000000 ? value - 0x20000000 : value);
}

static void convert_text(struct flow *f)
{
    struct amf0_text text = read_text(f);
    amf0_write_text(f->w, text.p, text.len);
}

static void convert_xml(struct flow *f)
{
    uint32_t len;
    if (!is_here(f, &len))
        return;
    size_t         index = begin_object(f);
    const uint8_t *b = rd_bytes(&f->r, len);
    if (b)
        amf0_write_text(f->w, (const char *)b, len);
    end_object(f, index);
}

static void convert_byte_array(struct flow *f)
{
    uint32_t len;
    if (!is_here(f, &len))
        return;
    size_t index = begin_object(f);
    rd_bytes(&f->r, len);
    amf0_write_null(f->w);
    end_object(f, index);
}

static void convert_date(struct flow *f)
{
    uint32_t unused;
    if (!is_here(f, &unused))
        return;
    size_t index = begin_object(f);
    wr_u8(f->w, AMF0_DATE);
    wr_f64(f->w, rd_f64(&f->r));
    wr_u16(f->w, 0); /* time zone: none */
    end_object(f, index);
}

/* Convert names and values up to the empty name. Returns their number. */
static uint32_t convert_members(struct flow *f, struct amf0_text key, int depth)
{
    uint32_t count = 0;
    for (; key.len && !f->r.bad && !f->w->full; key = read_text(f), count++) {
        write_key(f, key);
        convert(f, depth + 1);
    }
    return count;
}

/* Set the count of an ECMA array, at `at`, after its members have been written. */
static void set_count(struct wr *w, size_t at, uint32_t value)
{
    if (w->full)
        return;
    struct wr patch = *w;
    patch.p = patch.start + at;
    wr_u32(&patch, value);
}

/* Convert an array (AMF3 3.11): members with names, then elements without. */
static void convert_array(struct flow *f, int depth)
{
    uint32_t n_dense;
    if (!is_here(f, &n_dense))
        return;
    size_t           index = begin_object(f);
    struct amf0_text key = read_text(f);
    check_count(f, n_dense, 1);
    if (key.len) {
        size_t count_at = wr_len(f->w) + 1; /* The count follows the marker. */
        amf0_write_ecma_array(f->w, 0);
        set_count(f->w, count_at, convert_members(f, key, depth) + n_dense);
    } else {
        amf0_write_strict_array(f->w, n_dense);
    }
    for (uint32_t i = 0; i < n_dense && !f->r.bad && !f->w->full; i++) {
        if (key.len)
            write_index_key(f, i);
        convert(f, depth + 1);
    }
    if (key.len)
        amf0_write_end(f->w);
    end_object(f, index);
}

/* Read the traits of an object (AMF3 3.12): the names of its class, or a reference to earlier ones. Returns their index. */
static size_t read_traits(struct flow *f, uint32_t u)
{
    struct amf3_tables *t = f->t;
    if (!(u & 1)) {
        f->r.bad |= u >> 1 >= t->n_traits;
        return u >> 1;
    }
    size_t   index = t->n_traits;
    uint32_t count = u >> 3;
    f->r.bad |= (u & 2) || index == AMF3_TRAITS_MAX || count > AMF3_KEYS_MAX - t->n_keys; /* 2: externalizable */
    if (f->r.bad)
        return 0;
    read_text(f); /* the class */
    t->traits[index].dynamic = u & 4;
    t->traits[index].first_key = (uint32_t)t->n_keys;
    t->traits[index].n_keys = count;
    for (uint32_t i = 0; i < count; i++)
        t->keys[t->n_keys++] = read_text(f);
    t->n_traits++;
    return index;
}

static void convert_object(struct flow *f, int depth)
{
    const struct amf3_tables *t = f->t;
    uint32_t                  u;
    if (!is_here(f, &u))
        return;
    size_t index = begin_object(f);
    size_t traits = read_traits(f, u);
    if (f->r.bad)
        return;
    uint32_t first = t->traits[traits].first_key, count = t->traits[traits].n_keys;
    amf0_write_object(f->w);
    for (uint32_t i = 0; i < count && !f->r.bad && !f->w->full; i++) {
        write_key(f, t->keys[first + i]);
        convert(f, depth + 1);
    }
    if (t->traits[traits].dynamic)
        convert_members(f, read_text(f), depth);
    amf0_write_end(f->w);
    end_object(f, index);
}

static void convert_element(struct flow *f, enum amf3_type type, int depth)
{
    switch (type) {
    case AMF3_VECTOR_INT: amf0_write_number(f->w, (int32_t)rd_u32(&f->r)); return;
    case AMF3_VECTOR_UINT: amf0_write_number(f->w, rd_u32(&f->r)); return;
    case AMF3_VECTOR_DOUBLE: amf0_write_number(f->w, rd_f64(&f->r)); return;
    default: convert(f, depth + 1);
    }
}

static void convert_vector(struct flow *f, enum amf3_type type, int depth)
{
    uint32_t count;
    if (!is_here(f, &count))
        return;
    size_t index = begin_object(f);
    rd_u8(&f->r); /* flag of a fixed length */
    if (type == AMF3_VECTOR_OBJECT)
        read_text(f); /* the class of its elements */
    check_count(f, count, type == AMF3_VECTOR_OBJECT ? 1 : type == AMF3_VECTOR_DOUBLE ? 8 : 4);
    amf0_write_strict_array(f->w, count);
    for (uint32_t i = 0; i < count && !f->r.bad && !f->w->full; i++)
        convert_element(f, type, depth);
    end_object(f, index);
}

/* Convert one AMF3 value that is inside `depth` containers. */
static void convert(struct flow *f, int depth)
{
    enum amf3_type type = rd_u8(&f->r);
    f->r.bad |= depth > AMF0_DEPTH_MAX;
    if (f->r.bad)
        return;
    switch (type) {
    case AMF3_UNDEFINED: amf0_write_undefined(f->w); return;
    case AMF3_NULL: amf0_write_null(f->w); return;
    case AMF3_FALSE:
    case AMF3_TRUE: amf0_write_bool(f->w, type == AMF3_TRUE); return;
    case AMF3_INTEGER: convert_integer(f); return;
    case AMF3_DOUBLE: amf0_write_number(f->w, rd_f64(&f->r)); return;
    case AMF3_STRING: convert_text(f); return;
    case AMF3_DATE: convert_date(f); return;
    case AMF3_XML_DOCUMENT:
    case AMF3_XML: convert_xml(f); return;
    case AMF3_BYTE_ARRAY: convert_byte_array(f); return;
    case AMF3_ARRAY: convert_array(f, depth); return;
    case AMF3_OBJECT: convert_object(f, depth); return;
    case AMF3_VECTOR_INT:
    case AMF3_VECTOR_UINT:
    case AMF3_VECTOR_DOUBLE:
    case AMF3_VECTOR_OBJECT: convert_vector(f, type, depth); return;
    default: f->r.bad = true;
    }
}

/* ---- AMF0 around it ---- */

static void forget(struct amf3_tables *t)
{
    t->n_strings = t->n_traits = t->n_keys = t->n_objects = 0;
}

static void copy(struct flow *f, int depth);

static void copy_properties(struct flow *f, int depth)
{
    const uint8_t   *from = f->r.p;
    struct amf0_walk walk = amf0_open(&f->r);
    struct amf0_text key;
    walk.counted &= depth == 0; /* The same rule as in amf0_skip(). */
    if (!f->r.bad)
        wr_bytes(f->w, from, (size_t)(f->r.p - from));
    while (!f->w->full && amf0_next(&walk, &f->r, &key)) {
        write_key(f, key);
        copy(f, depth + 1);
    }
    amf0_write_end(f->w);
}

static void copy_elements(struct flow *f, int depth)
{
    rd_u8(&f->r);
    uint32_t count = rd_u32(&f->r);
    check_count(f, count, 1);
    amf0_write_strict_array(f->w, count);
    for (uint32_t i = 0; i < count && !f->r.bad && !f->w->full; i++)
        copy(f, depth + 1);
}

/* Copy one AMF0 value byte for byte, and convert the AMF3 values in it. */
static void copy(struct flow *f, int depth)
{
    f->r.bad |= depth > AMF0_DEPTH_MAX;
    switch (amf0_peek(&f->r)) {
    case AMF0_OBJECT:
    case AMF0_ECMA_ARRAY:
    case AMF0_TYPED_OBJECT: copy_properties(f, depth); return;
    case AMF0_STRICT_ARRAY: copy_elements(f, depth); return;
    case AMF0_AVMPLUS:
        rd_u8(&f->r);
        forget(f->t); /* Each AMF3 value has references of its own. */
        convert(f, depth);
        return;
    default: break;
    }
    const uint8_t *from = f->r.p;
    amf0_skip(&f->r);
    if (!f->r.bad)
        wr_bytes(f->w, from, (size_t)(f->r.p - from));
}

bool amf3_may_be_in(const uint8_t *body, size_t len)
{
    return len && (body[0] == AMF3_STRING || memchr(body, AMF0_AVMPLUS, len));
}

bool amf3_to_amf0(struct wr *w, const uint8_t *body, size_t len, struct amf3_tables *tables)
{
    struct flow f = { .r = rd_over(body, len), .w = w, .t = tables };
    size_t      start = wr_len(w);
    bool        whole = len && body[0] == AMF3_STRING;
    forget(tables);
    while (rd_left(&f.r) && !f.r.bad && !w->full) {
        if (whole)
            convert(&f, 0);
        else
            copy(&f, 0);
    }
    if (f.r.bad || w->full)
        return false;
    /* Copies for references may have nested the output deeper than readers accept. */
    struct rd made = rd_over(w->start + start, wr_len(w) - start);
    while (rd_left(&made) && !made.bad)
        amf0_skip(&made);
    return !made.bad;
}
