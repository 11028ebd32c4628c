#include "kernel/flv_part.h"

#include "core/attr.h"
#include "kernel/amf0.h"
#include "kernel/flv_body.h"

/* ---- what is in the beginning of a file -------------------------------------------------------------------------- */

enum { CONFIGS_MAX = 16 }; /* tracks with a configuration; more are passed over */

/* The first configuration of a track. */
struct config {
    struct flv_tag tag;
    uint8_t        track;
};

struct beginning {
    struct flv_header header;
    struct flv_tag    metadata; /* body NULL: there are none */
    struct config     configs[CONFIGS_MAX];
    size_t            n_configs;
};

static bool has_config(const struct beginning *b, uint8_t type, uint8_t track)
{
    for (size_t i = 0; i < b->n_configs; i++)
        if (b->configs[i].tag.type == type && b->configs[i].track == track)
            return true;
    return false;
}

static void look_for_config(struct beginning *b, const struct flv_tag *tag)
{
    struct flv_body body;
    enum flv_parse  parsed = tag->type == FLV_VIDEO ? flv_body_parse_video(tag->body, tag->len, &body)
                                                    : flv_body_parse_audio(tag->body, tag->len, &body);
    if (parsed != FLV_PARSE_OK || body.packet != FLV_PACKET_CONFIG)
        return;
    uint8_t track = body.multitrack ? body.track : 0;
    if (b->n_configs < CONFIGS_MAX && !has_config(b, tag->type, track))
        b->configs[b->n_configs++] = (struct config){ *tag, track };
}

/* Put the reader at the properties of an onMetaData message. False: the message is another one. */
static bool open_metadata(const struct flv_tag *tag, struct rd *r)
{
    *r = rd_over(tag->body, tag->len);
    return amf0_peek(r) == AMF0_STRING && amf0_text_is(amf0_read_string(r), "onMetaData") && !r->bad;
}

static bool read_beginning(struct rd file, struct beginning *b)
{
    struct flv_tag tag;
    struct rd      r;
    *b = (struct beginning){ 0 };
    if (flv_read_header(&file, &b->header) != FLV_GOT)
        return false;
    while (flv_read_tag(&file, &tag) == FLV_GOT) {
        if (tag.type != FLV_SCRIPT)
            look_for_config(b, &tag);
        else if (!b->metadata.body && open_metadata(&tag, &r))
            b->metadata = tag;
    }
    return true;
}

/* ---- the head of a part ------------------------------------------------------------------------------------------ */

/* Properties that tell of places in the whole file, and one that is written here. */
static const char *const of_file[] = { "duration", "filesize", "keyframes", "hasKeyframes", "canSeekToEnd", "padding" };

static double duration_of(struct rd metadata)
{
    double s = amf0_get_number(metadata, "duration", 0);
    return s > 0 && s < 1e9 ? s : 0;
}

/* Metadata that are malformed, or too large, are left out. */
static void write_metadata(const struct flv_tag *tag, int32_t ms, double duration_s, struct wr *w)
{
    struct wr old = *w;
    struct rd r = rd_over("", 0);
    bool      bad = false, is_there = tag->body && open_metadata(tag, &r);
    uint32_t  n = is_there ? amf0_copy_properties(r, of_file, ARRAY_LEN(of_file), NULL, &bad) : 0;
    if (is_there && duration_of(r) > 0)
        duration_s = duration_of(r);
    flv_write_tag_header(w, FLV_SCRIPT, 0, ms);
    size_t body = wr_len(w);
    amf0_write_string(w, "onMetaData");
    amf0_write_ecma_array(w, n + 1);
    amf0_put_number(w, "duration", duration_s);
    if (is_there)
        amf0_copy_properties(r, of_file, ARRAY_LEN(of_file), w, &bad);
    amf0_write_end(w);
    uint32_t len = (uint32_t)(wr_len(w) - body);
    flv_write_tag_trailer(w, len);
    if (bad || w->full) {
        *w = old;
        return;
    }
    struct wr header = wr_over(w->start + body - FLV_TAG_HEADER_LEN, FLV_TAG_HEADER_LEN);
    flv_write_tag_header(&header, FLV_SCRIPT, len, ms);
}

/* Write the configurations; with a time, at that time. Sound comes first. */
static void write_configs(const struct beginning *b, const int32_t *ms, struct wr *w)
{
    static const uint8_t types[] = { FLV_AUDIO, FLV_VIDEO };
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        for (size_t k = 0; k < b->n_configs; k++) {
            struct flv_tag tag = b->configs[k].tag;
            if (ms)
                tag.dts_ms = *ms;
            if (tag.type == types[i])
                flv_write_tag(w, &tag);
        }
    }
}

bool flv_part_head(struct rd file, struct wr *out)
{
    struct beginning b;
    if (!read_beginning(file, &b))
        return false;
    flv_write_header(out, b.header.has_audio, b.header.has_video);
    write_configs(&b, NULL, out);
    return !out->full;
}

bool flv_part_head_at(struct rd file, int32_t ms, double duration_s, struct wr *out)
{
    struct beginning b;
    if (!read_beginning(file, &b))
        return false;
    flv_write_header(out, b.header.has_audio, b.header.has_video);
    write_metadata(&b.metadata, ms, duration_s, out);
    write_configs(&b, &ms, out);
    return !out->full;
}

double flv_part_duration(struct rd file)
{
    struct beginning b;
    struct rd        r;
    return read_beginning(file, &b) && b.metadata.body && open_metadata(&b.metadata, &r) ? duration_of(r) : 0;
}

/* ---- the index --------------------------------------------------------------------------------------------------- */

/* The two arrays of the index, at their values. */
static bool open_array(struct rd keyframes, const char *name, struct rd *values, uint32_t *n)
{
    if (!amf0_find(keyframes, name, values) || amf0_peek(values) != AMF0_STRICT_ARRAY)
        return false;
    rd_u8(values);
    *n = rd_u32(values);
    return !values->bad;
}

bool flv_part_indexed(struct rd file, int32_t ms, uint64_t *at, int32_t *at_ms)
{
    enum { FILE_MAX_BITS = 52 }; /* whole numbers that a double holds */
    struct beginning b;
    struct rd        r, keyframes, places, times;
    uint32_t         n, n_times;
    bool             found = false;
    if (!read_beginning(file, &b) || !b.metadata.body || !open_metadata(&b.metadata, &r) ||
        !amf0_find(r, "keyframes", &keyframes) || !open_array(keyframes, "filepositions", &places, &n) ||
        !open_array(keyframes, "times", &times, &n_times))
        return false;
    for (uint32_t i = 0; i < n && i < n_times; i++) {
        double place = amf0_read_number(&places), time_ms = amf0_read_number(&times) * 1000;
        if (places.bad || times.bad || !(time_ms >= 0 && time_ms <= ms)) /* in order, and no NaN */
            break;
        if (!(place >= 1 && place < (double)(UINT64_C(1) << FILE_MAX_BITS)))
            continue;
        *at = (uint64_t)place;
        *at_ms = (int32_t)time_ms;
        found = i > 0;
    }
    return found;
}

/* ---- a walk over tags -------------------------------------------------------------------------------------------- */

/*
 * True for the bytes of a picture or sound: configurations, descriptions and ends of sequences have no time of their own. Adobe FLV
 * 10.1 E.4.2.1, E.4.3.1; Enhanced RTMP v2: the packet types that carry frames are 1, 3 (video), and those that may wrap them.
 */
static bool is_media(const struct flv_tag *tag, const uint8_t body[2])
{
    enum { CLASSIC_AVC = 7, CLASSIC_HEVC = 12, CLASSIC_AAC = 10, CLASSIC_EX = 9 };
    bool    is_video = tag->type == FLV_VIDEO, is_enhanced = is_video ? body[0] & 0x80 : body[0] >> 4 == CLASSIC_EX;
    uint8_t packet = body[0] & 0x0f;
    if (tag->type == FLV_SCRIPT || tag->len < 2)
        return false;
    if (is_enhanced)
        return packet == 1 || packet == 3 || packet > 4;
    if (is_video)
        return (packet != CLASSIC_AVC && packet != CLASSIC_HEVC) || body[1] == 1;
    return body[0] >> 4 != CLASSIC_AAC || body[1] == 1;
}

bool flv_peek(const uint8_t bytes[static FLV_PEEK_LEN], struct flv_peek *peek)
{
    struct rd      r = rd_over(bytes, FLV_TAG_HEADER_LEN);
    const uint8_t *body = bytes + FLV_TAG_HEADER_LEN;
    *peek = (struct flv_peek){ 0 };
    if (flv_read_tag_header(&r, &peek->tag) != FLV_GOT)
        return false;
    peek->is_media = is_media(&peek->tag, body);
    peek->is_key = peek->is_media && peek->tag.type == FLV_VIDEO && (body[0] >> 4 & 7) == FLV_KEY_FRAME;
    return true;
}
