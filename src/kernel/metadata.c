#include "kernel/metadata.h"

#include <string.h>

#include "kernel/amf0.h"

#define ON_METADATA "onMetaData"

#define WALL_MS_MAX 1e14 /* the year 5138 */

enum { NUMBER_MAX = 1000000 }; /* no width, height or frame rate is larger; codec ids may be FourCCs */

static double sane(double v, double max)
{
    return v >= 0 && v <= max ? v : 0; /* also false for NaN */
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
        { METADATA_WALL, &info->wall_ms, WALL_MS_MAX },
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

static bool is_wall(struct amf0_text key)
{
    return amf0_text_is(key, METADATA_WALL);
}

static bool is_not_of_the_peer(struct amf0_text key)
{
    return is_replaced(key) || is_wall(key);
}

/* Copy the properties, without some. Returns how many were written; `*ok` is false if the object is malformed. */
static uint32_t copy_properties(struct wr *w, struct rd r, bool (*without)(struct amf0_text key), struct metadata *info,
                                bool *ok)
{
    struct amf0_walk walk = amf0_open(&r);
    struct amf0_text key;
    uint32_t         count = 0;
    while (amf0_next(&walk, &r, &key)) {
        struct rd value = r;
        amf0_skip_inner(&r); /* The value is checked to be whole, so that our properties do not end up inside it. */
        if (r.bad)
            break;
        note(info, key, value);
        if (without(key))
            continue;
        wr_u16(w, (uint16_t)key.len);
        wr_bytes(w, key.p, key.len);
        wr_bytes(w, value.p, (size_t)(r.p - value.p));
        count++;
    }
    *ok = !r.bad;
    return count;
}

static bool is_object(enum amf0_type type)
{
    return type == AMF0_OBJECT || type == AMF0_ECMA_ARRAY || type == AMF0_TYPED_OBJECT;
}

/* True for names of messages for a server: @setDataFrame, @clearDataFrame, |RtmpSampleAccess. */
static bool is_for_server(struct amf0_text name)
{
    return name.len == 0 || name.p[0] == '@' || name.p[0] == '|';
}

/* Make the frame of a message of another name: unchanged bytes, from the name on. */
static enum metadata_read read_other(struct rd from, struct frame **frame)
{
    struct rd r = from;
    while (rd_left(&r) && !r.bad)
        amf0_skip(&r);
    if (r.bad)
        return METADATA_BAD;
    struct frame *f = frame_new(rd_left(&from));
    if (!f)
        return METADATA_NO_MEMORY;
    f->kind = FRAME_SCRIPT;
    f->len = f->media_len = (uint32_t)rd_left(&from);
    memcpy(f->data, from.p, f->len);
    *frame = f;
    return METADATA_OTHER;
}

/* The number of bytes beside the peer's: name, array marker and count, our keys and strings, end marker. At most 5 bytes come
 * before each string. */
static size_t len_of_ours(const char *server, const char *server_version)
{
    return 3 + sizeof ON_METADATA + 5 + 2 * (2 + 5) + sizeof "server" + sizeof "server_version" + 3 + strlen(server) +
           strlen(server_version);
}

/* Make the frame of onMetaData: always an ECMA array (FLV 10.1, E.5), also if the encoder has sent an object. */
static enum metadata_read read_metadata(struct rd object, const char *server, const char *server_version,
                                        struct frame **frame, struct metadata *info)
{
    enum { N_OURS = 2, COUNT_LEN = 4 };
    if (!is_object(amf0_peek(&object)))
        return METADATA_BAD;
    struct frame *f = frame_new(rd_left(&object) + len_of_ours(server, server_version));
    if (!f)
        return METADATA_NO_MEMORY;
    bool      ok;
    struct wr w = wr_over(f->data, f->cap);
    amf0_write_string(&w, ON_METADATA);
    amf0_write_ecma_array(&w, 0);
    struct wr count = w; /* It writes over the bytes of the count. */
    count.p -= COUNT_LEN;
    wr_u32(&count, copy_properties(&w, object, is_not_of_the_peer, info, &ok) + N_OURS);
    amf0_put_string(&w, "server", server);
    amf0_put_string(&w, "server_version", server_version);
    amf0_write_end(&w);
    if (!ok || w.full) {
        frame_unref(&f);
        return METADATA_BAD;
    }
    f->kind = FRAME_SCRIPT;
    f->config = true;
    f->len = f->media_len = (uint32_t)wr_len(&w);
    *frame = f;
    return METADATA_OK;
}

enum metadata_read metadata_read(const uint8_t *body, size_t len, const char *server, const char *server_version,
                                 struct frame **frame, struct metadata *info)
{
    *frame = NULL;
    *info = (struct metadata){ 0 };
    struct rd        r = rd_over(body, len), from = r;
    struct amf0_text text = amf0_read_string(&r);
    if (amf0_text_is(text, "@setDataFrame")) {
        from = r;
        text = amf0_read_string(&r);
    }
    if (r.bad || len > METADATA_LEN_MAX)
        return METADATA_BAD;
    if (amf0_text_is(text, ON_METADATA))
        return read_metadata(r, server, server_version, frame, info);
    return is_for_server(text) ? METADATA_IGNORE : read_other(from, frame);
}

struct frame *metadata_with_wall(const struct frame *metadata, double wall_ms)
{
    enum { HEAD_LEN = 3 + sizeof ON_METADATA + 5, PROPERTY_LEN = 2 + sizeof METADATA_WALL + 9, END_LEN = 3 };
    struct rd       r = rd_over(metadata ? metadata->data : (const uint8_t *)"", metadata ? metadata->len : 0);
    struct frame   *f = frame_new(HEAD_LEN + rd_left(&r) + PROPERTY_LEN + END_LEN);
    struct metadata info;
    bool            ok = true;
    if (!f)
        return NULL;
    struct wr w = wr_over(f->data, f->cap);
    amf0_write_string(&w, ON_METADATA);
    amf0_write_ecma_array(&w, 0);
    struct wr count = w; /* It writes over the bytes of the count. */
    count.p -= sizeof(uint32_t);
    uint32_t n = 1;
    if (metadata) {
        (void)amf0_read_string(&r);
        n += copy_properties(&w, r, is_wall, &info, &ok);
    }
    wr_u32(&count, n);
    amf0_put_number(&w, METADATA_WALL, wall_ms);
    amf0_write_end(&w);
    f->kind = FRAME_SCRIPT;
    f->config = true;
    f->len = f->media_len = (uint32_t)wr_len(&w);
    return f;
}
