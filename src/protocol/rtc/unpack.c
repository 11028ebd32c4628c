#include "protocol/rtc/unpack.h"

/* A buffer that a large frame has made is given back after it. */
enum { KEPT_CAP = 64 << 10 };

/* NULL: a codec of sound, or one that cannot be read. */
static const struct rtp_unpack_codec *pictures_of(enum codec codec)
{
    switch (codec) {
    case CODEC_H264: return &rtp_unpack_avc;
    case CODEC_HEVC: return &rtp_unpack_hevc;
    case CODEC_VP8: return &rtp_unpack_vp8;
    case CODEC_VP9: return &rtp_unpack_vp9;
    case CODEC_AV1: return &rtp_unpack_av1;
    default: return NULL;
    }
}

enum unit_form rtp_unpack_form(enum codec codec)
{
    return codec == CODEC_H264 || codec == CODEC_HEVC ? UNIT_STREAM : UNIT_STORED;
}

void rtp_unpacker_init(struct rtp_unpacker *u, enum codec codec)
{
    *u = (struct rtp_unpacker){ .codec = codec, .bytes = buf_up_to(RTP_FRAME_MAX) };
}

void rtp_unpacker_finish(struct rtp_unpacker *u)
{
    buf_finish(&u->bytes);
}

static void open_frame(struct rtp_unpacker *u, const struct rtp_unpack_codec *codec, const struct rtp_packet *p)
{
    if (u->bytes.cap > KEPT_CAP)
        buf_finish(&u->bytes);
    buf_rewind(&u->bytes, 0);
    u->is_open = true;
    u->is_key = u->in_part = false;
    u->follows_gap = u->has_gap;
    u->is_broken = u->has_gap && !codec->begins(p->payload, p->len);
    u->has_gap = false;
    u->ts = p->ts;
}

static bool close_frame(struct rtp_unpacker *u, const struct rtp_unpack_codec *codec, struct rtp_frame *frame)
{
    u->is_open = false;
    u->is_broken |= u->in_part || u->bytes.fault;
    if (!u->is_broken && codec->end)
        codec->end(u);
    *frame = (struct rtp_frame){
        .bytes = (const uint8_t *)u->bytes.bytes,
        .len = u->bytes.len,
        .ts = u->ts,
        .is_key = u->is_key,
        .is_broken = u->is_broken,
        .follows_gap = u->follows_gap,
    };
    return frame->len > 0 || frame->is_broken;
}

static bool take_sound(struct rtp_unpacker *u, const struct rtp_packet *p, struct rtp_frame *frame)
{
    *frame = (struct rtp_frame){ .bytes = p->payload, .len = p->len, .ts = p->ts, .is_key = true };
    frame->follows_gap = u->has_gap;
    u->has_gap = false;
    return true;
}

bool rtp_unpack(struct rtp_unpacker *u, struct rtp_part *part, struct rtp_frame *frame)
{
    const struct rtp_unpack_codec *codec = pictures_of(u->codec);
    const struct rtp_packet       *p = &part->packet;
    if (part->is_used || p->len == 0)
        return false;
    if (u->is_open && u->ts != p->ts && close_frame(u, codec, frame))
        return true;
    part->is_used = true;
    if (!codec)
        return take_sound(u, p, frame);
    if (!u->is_open)
        open_frame(u, codec, p);
    if (!codec->take(u, p->payload, p->len))
        u->is_broken = true;
    return p->marker && close_frame(u, codec, frame);
}

void rtp_unpack_gap(struct rtp_unpacker *u)
{
    u->has_gap = true;
    u->is_broken |= u->is_open;
}
