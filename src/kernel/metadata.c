#include "kernel/metadata.h"

#include <string.h>

#include "kernel/amf0.h"

enum { NUMBER_MAX = 1000000 }; /* no width, height or frame rate is larger; codec ids may be FourCCs */

static double sane(double v, double max)
{
    return v >= 0 && v <= max ? v : 0; /* false for NaN, too */
}

static bool is_true(struct rd value)
{
    switch (amf0_peek(&value)) {
    case AMF0_BOOLEAN: return amf0_read_bool(&value);
    case AMF0_STRING: return amf0_text_is(amf0_read_string(&value), "true");
    default: return false;
    }
}

static void note(struct metadata *info, struct amf0_text key, struct rd value)
{
    const struct {
        const char *name;
        double     *into;
        double      max;
    } numbers[] = {
        { "width", &info->width, NUMBER_MAX },
        { "height", &info->height, NUMBER_MAX },
        { "framerate", &info->framerate, NUMBER_MAX },
        { "videocodecid", &info->videocodecid, UINT32_MAX },
        { "audiocodecid", &info->audiocodecid, UINT32_MAX },
    };
    if (amf0_text_is(key, "bravo_atc"))
        info->bravo_atc = is_true(value);
    if (amf0_peek(&value) != AMF0_NUMBER)
        return;
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
        if (amf0_text_is(key, numbers[i].name))
            *numbers[i].into = sane(amf0_read_number(&value), numbers[i].max);
}

static bool is_replaced(struct amf0_text key)
{
    return amf0_text_is(key, "duration") || amf0_text_is(key, "server") || amf0_text_is(key, "server_version");
}

/* False when the object is malformed. */
static bool copy_properties(struct wr *w, struct rd r, struct metadata *info)
{
    struct amf0_walk walk = amf0_open(&r);
    struct amf0_text key;
    while (amf0_next(&walk, &r, &key)) {
        struct rd value = r;
        amf0_skip_inner(&r); /* whole, so that nothing of ours ends up inside it */
        if (r.bad)
            break;
        note(info, key, value);
        if (is_replaced(key))
            continue;
        wr_u16(w, (uint16_t)key.len);
        wr_bytes(w, key.p, key.len);
        wr_bytes(w, value.p, (size_t)(r.p - value.p));
    }
    return !r.bad;
}

static bool is_object(enum amf0_type type)
{
    return type == AMF0_OBJECT || type == AMF0_ECMA_ARRAY || type == AMF0_TYPED_OBJECT;
}

enum metadata_read metadata_read(const uint8_t *body, size_t len, const char *server, const char *server_version,
                                 struct frame **frame, struct metadata *info)
{
    static const char name[] = "onMetaData";
    *frame = NULL;
    *info = (struct metadata){ 0 };
    struct rd        r = rd_over(body, len);
    struct amf0_text text = amf0_read_string(&r);
    if (amf0_text_is(text, "@setDataFrame"))
        text = amf0_read_string(&r);
    if (r.bad)
        return METADATA_BAD;
    if (!amf0_text_is(text, name))
        return METADATA_OTHER;
    if (len > METADATA_LEN_MAX || !is_object(amf0_peek(&r)))
        return METADATA_BAD;
    /* Name, object marker, two keys with strings, end marker; each string with at most 5 bytes before it. */
    size_t        ours = 3 + sizeof name + 1 + 2 * (2 + 5) + sizeof "server" + sizeof "server_version" + 3;
    struct frame *f = frame_new(rd_left(&r) + ours + strlen(server) + strlen(server_version));
    if (!f)
        return METADATA_NO_MEMORY;
    struct wr w = wr_over(f->data, f->cap);
    amf0_write_string(&w, name);
    amf0_write_object(&w);
    bool ok = copy_properties(&w, r, info);
    amf0_put_string(&w, "server", server);
    amf0_put_string(&w, "server_version", server_version);
    amf0_write_end(&w);
    if (!ok || w.full) {
        frame_unref(&f);
        return METADATA_BAD;
    }
    f->kind = FRAME_SCRIPT;
    f->len = f->media_len = (uint32_t)wr_len(&w);
    *frame = f;
    return METADATA_OK;
}
