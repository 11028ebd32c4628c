#include "kernel/flv.h"

#include <string.h>

enum { HAS_VIDEO = 0x01, HAS_AUDIO = 0x04, HEADER_LEN = 9 };

enum flv_read flv_read_header(struct rd *in, struct flv_header *header)
{
    static const uint8_t signature[] = { 'F', 'L', 'V' };
    struct rd            r = *in;
    for (size_t i = 0; i < sizeof signature; i++) {
        uint8_t byte = rd_u8(&r);
        if (r.bad)
            return FLV_NEED_MORE;
        if (byte != signature[i])
            return FLV_BAD; /* Fail at the first wrong byte instead of waiting for more. */
    }
    uint8_t  version = rd_u8(&r);
    uint8_t  flags = rd_u8(&r);
    uint32_t offset = rd_u32(&r);
    if (r.bad)
        return FLV_NEED_MORE;
    if (offset < HEADER_LEN || offset > FLV_DATA_OFFSET_MAX)
        return FLV_BAD;
    rd_bytes(&r, offset - HEADER_LEN);
    rd_u32(&r); /* PreviousTagSize0, always 0 */
    if (r.bad)
        return FLV_NEED_MORE;
    *header = (struct flv_header){ version, flags & HAS_AUDIO, flags & HAS_VIDEO };
    *in = r;
    return FLV_GOT;
}

enum flv_read flv_read_tag_header(struct rd *in, struct flv_tag *tag)
{
    struct rd r = *in;
    uint8_t   type = rd_u8(&r) & 0x1f; /* TagType without the Reserved and Filter bits */
    uint32_t  len = rd_u24(&r);
    uint32_t  ts = rd_u24(&r);
    uint32_t  ext = rd_u8(&r); /* TimestampExtended: bits 24..31 */
    rd_u24(&r);                /* StreamID, always 0 */
    if (r.bad)
        return FLV_NEED_MORE;
    if (type != FLV_AUDIO && type != FLV_VIDEO && type != FLV_SCRIPT)
        return FLV_BAD; /* Fail before waiting for the body. */
    *tag = (struct flv_tag){ type, (int32_t)(ext << 24 | ts), NULL, len };
    *in = r;
    return FLV_GOT;
}

enum flv_read flv_read_tag(struct rd *in, struct flv_tag *tag)
{
    struct rd      r = *in;
    struct flv_tag t;
    enum flv_read  got = flv_read_tag_header(&r, &t);
    if (got != FLV_GOT)
        return got;
    t.body = rd_bytes(&r, t.len);
    rd_u32(&r); /* PreviousTagSize is ignored: some writers get it wrong. */
    if (r.bad)
        return FLV_NEED_MORE;
    *tag = t;
    *in = r;
    return FLV_GOT;
}

enum flv_tag_type flv_tag_type_of(enum frame_kind kind)
{
    static const enum flv_tag_type types[] = {
        [FRAME_AUDIO] = FLV_AUDIO,
        [FRAME_VIDEO] = FLV_VIDEO,
        [FRAME_SCRIPT] = FLV_SCRIPT,
    };
    return types[kind];
}

void flv_write_header(struct wr *w, bool has_audio, bool has_video)
{
    wr_bytes(w, "FLV\1", 4);
    wr_u8(w, (uint8_t)((has_audio ? HAS_AUDIO : 0) | (has_video ? HAS_VIDEO : 0)));
    wr_u32(w, HEADER_LEN);
    wr_u32(w, 0); /* PreviousTagSize0 */
}

void flv_write_tag_header(struct wr *w, enum flv_tag_type type, uint32_t len, int32_t dts_ms)
{
    uint32_t ts = (uint32_t)dts_ms;
    w->full |= len > FLV_BODY_MAX;
    wr_u8(w, (uint8_t)type);
    wr_u24(w, len);
    wr_u24(w, ts & 0xFFFFFF);
    wr_u8(w, (uint8_t)(ts >> 24));
    wr_u24(w, 0); /* StreamID */
}

void flv_write_tag_trailer(struct wr *w, uint32_t len)
{
    wr_u32(w, FLV_TAG_HEADER_LEN + len);
}

void flv_write_tag(struct wr *w, const struct flv_tag *tag)
{
    flv_write_tag_header(w, (enum flv_tag_type)tag->type, tag->len, tag->dts_ms);
    wr_bytes(w, tag->body, tag->len);
    flv_write_tag_trailer(w, tag->len);
}
