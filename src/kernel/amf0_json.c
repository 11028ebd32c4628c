#include "kernel/amf0_json.h"

#include "kernel/amf0.h"

static void put_value(struct jw *j, const char *key, struct rd *r, int depth);

static void put_properties(struct jw *j, const char *key, struct rd *r, int depth)
{
    char             name[AMF0_JSON_KEY_MAX + 1];
    struct amf0_walk walk = amf0_open(r);
    struct amf0_text text;
    walk.counted &= depth == 0; /* Inside a container only the end marker tells what belongs to which. */
    jw_object(j, key);
    while (amf0_next(&walk, r, &text)) {
        (void)amf0_text_copy(name, sizeof name, text);
        put_value(j, name, r, depth + 1);
    }
    jw_object_end(j);
}

static void put_elements(struct jw *j, const char *key, struct rd *r, int depth)
{
    rd_u8(r);
    uint32_t count = rd_u32(r);
    jw_array(j, key);
    for (uint32_t i = 0; i < count && !r->bad; i++) /* each turn consumes a marker, or fails */
        put_value(j, NULL, r, depth + 1);
    jw_array_end(j);
}

static void put_container(struct jw *j, const char *key, struct rd *r, int depth)
{
    if (depth >= AMF0_DEPTH_MAX)
        r->bad = true;
    else if (amf0_peek(r) == AMF0_STRICT_ARRAY)
        put_elements(j, key, r, depth);
    else
        put_properties(j, key, r, depth);
}

static void put_text(struct jw *j, const char *key, struct rd *r, size_t len)
{
    const uint8_t *b = rd_bytes(r, len);
    jw_text(j, key, b ? (const char *)b : "", b ? len : 0);
}

static void put_value(struct jw *j, const char *key, struct rd *r, int depth)
{
    switch (amf0_peek(r)) {
    case AMF0_OBJECT:
    case AMF0_ECMA_ARRAY:
    case AMF0_TYPED_OBJECT:
    case AMF0_STRICT_ARRAY: put_container(j, key, r, depth); return;
    case AMF0_NUMBER: jw_number(j, key, amf0_read_number(r)); return;
    case AMF0_BOOLEAN: jw_bool(j, key, amf0_read_bool(r)); return;
    case AMF0_STRING: rd_u8(r), put_text(j, key, r, rd_u16(r)); return;
    case AMF0_LONG_STRING:
    case AMF0_XML_DOCUMENT: rd_u8(r), put_text(j, key, r, rd_u32(r)); return;
    case AMF0_DATE:
        rd_u8(r);
        jw_number(j, key, rd_f64(r));
        rd_u16(r); /* time-zone: reserved, 0 */
        return;
    default: amf0_skip(r); jw_null(j, key);
    }
}

void amf0_json_put(struct jw *j, const char *key, struct rd *r)
{
    put_value(j, key, r, 0);
}
