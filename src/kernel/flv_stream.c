#include "kernel/flv_stream.h"

#include <string.h>

/* Take input into `head` until it has `wanted` bytes; false when more must come. */
static bool collect(struct flv_stream *s, struct rd *in, uint32_t wanted)
{
    uint32_t missing = wanted - s->head_len;
    size_t   n = rd_left(in) < missing ? rd_left(in) : missing;
    if (n)
        memcpy(s->head + s->head_len, rd_bytes(in, n), n);
    s->head_len += (uint32_t)n;
    return s->head_len == wanted;
}

/* The length of the file header as far as it is known: the header gives its own length. */
static uint32_t header_wanted(const struct flv_stream *s)
{
    enum { FIXED_LEN = FLV_HEADER_LEN - FLV_TAG_TRAILER_LEN };
    struct rd offset = rd_over(s->head + 5, 4); /* E.2 DataOffset */
    return s->head_len < FIXED_LEN ? FIXED_LEN : rd_u32(&offset) + FLV_TAG_TRAILER_LEN;
}

enum flv_read flv_stream_read_header(struct flv_stream *s, struct rd *in)
{
    while (!s->has_header) {
        bool          all = collect(s, in, header_wanted(s));
        struct rd     head = rd_over(s->head, s->head_len);
        enum flv_read got = flv_read_header(&head, &s->header);
        if (got == FLV_BAD || (got == FLV_NEED_MORE && !all))
            return got; /* FLV_BAD includes a DataOffset beyond its bounds. */
        s->has_header = got == FLV_GOT;
        s->head_len = s->has_header ? 0 : s->head_len;
    }
    return FLV_GOT;
}

static enum frame_kind kind_of(uint8_t tag_type)
{
    return tag_type == FLV_AUDIO ? FRAME_AUDIO : tag_type == FLV_VIDEO ? FRAME_VIDEO : FRAME_SCRIPT;
}

/* Read the 11 bytes before a body, and make a frame for it. */
static enum flv_stream_read begin_tag(struct flv_stream *s, struct rd *in)
{
    if (!collect(s, in, FLV_TAG_HEADER_LEN))
        return FLV_STREAM_NEED_MORE;
    struct rd      head = rd_over(s->head, s->head_len);
    struct flv_tag tag;
    if (flv_read_tag_header(&head, &tag) != FLV_GOT)
        return FLV_STREAM_BAD;
    s->body_len = tag.len;
    s->frame = frame_new(s->body_len < FLV_STREAM_ROOM_FIRST ? s->body_len : FLV_STREAM_ROOM_FIRST);
    if (!s->frame)
        return FLV_STREAM_NO_MEMORY;
    s->frame->kind = (uint8_t)kind_of(tag.type);
    return FLV_STREAM_TAG;
}

/* Make room for `len` bytes in all; the room at most doubles at a time. */
static bool make_room(struct flv_stream *s, uint32_t len)
{
    if (len <= s->frame->cap)
        return true;
    uint32_t twice = s->frame->cap * 2, cap = twice < len ? len : twice < s->body_len ? twice : s->body_len;
    return frame_grow(&s->frame, cap);
}

static enum flv_stream_read read_body(struct flv_stream *s, struct rd *in)
{
    uint32_t missing = s->body_len - s->frame->len;
    uint32_t n = rd_left(in) < missing ? (uint32_t)rd_left(in) : missing;
    if (!make_room(s, s->frame->len + n))
        return FLV_STREAM_NO_MEMORY;
    if (n)
        memcpy(s->frame->data + s->frame->len, rd_bytes(in, n), n);
    s->frame->len += n;
    return n == missing ? FLV_STREAM_TAG : FLV_STREAM_NEED_MORE;
}

/* Skip PreviousTagSize: some writers get it wrong. */
static bool skip_trailer(struct flv_stream *s, struct rd *in)
{
    uint32_t n = rd_left(in) < s->trailer_left ? (uint32_t)rd_left(in) : s->trailer_left;
    rd_bytes(in, n);
    s->trailer_left -= n;
    return s->trailer_left == 0;
}

/* The time of the tag whose header is in `head`. */
static int32_t time_of(const struct flv_stream *s)
{
    struct rd r = rd_over(s->head + 4, 4); /* Timestamp follows TagType and DataSize. */
    uint32_t  low = rd_u24(&r), high = rd_u8(&r);
    return (int32_t)(high << 24 | low);
}

enum flv_stream_read flv_stream_read(struct flv_stream *s, struct rd *in, struct flv_stream_tag *tag)
{
    enum flv_stream_read got;
    if (!s->has_header) {
        enum flv_read header = flv_stream_read_header(s, in);
        if (header != FLV_GOT)
            return header == FLV_BAD ? FLV_STREAM_BAD : FLV_STREAM_NEED_MORE;
    }
    if (!skip_trailer(s, in))
        return FLV_STREAM_NEED_MORE;
    if (!s->frame && (got = begin_tag(s, in)) != FLV_STREAM_TAG)
        return got;
    if ((got = read_body(s, in)) != FLV_STREAM_TAG)
        return got;
    *tag = (struct flv_stream_tag){ time_of(s), s->frame };
    s->frame = NULL;
    s->head_len = 0;
    s->trailer_left = FLV_TAG_TRAILER_LEN;
    return FLV_STREAM_TAG;
}

void flv_stream_finish(struct flv_stream *s)
{
    frame_unref(&s->frame);
}
