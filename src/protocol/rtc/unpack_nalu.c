#include "core/rd.h"
#include "kernel/nalu.h"
#include "protocol/rtc/unpack_codec.h"

/* RFC 6184 5.2, table 1; RFC 7798 4.4: types of payloads that are no NAL unit. */
enum { AVC_STAP_A = 24, AVC_FU_A = 28, HEVC_AP = 48, HEVC_FU = 49 };

/* RFC 6184 5.8, RFC 7798 4.4.3: the head of a fragment. */
enum { FU_START = 0x80, FU_END = 0x40 };

enum { AVC_HEAD_LEN = 1, HEVC_HEAD_LEN = 2 };

static void begin_nalu(struct rtp_unpacker *u)
{
    static const uint8_t start_code[] = { 0, 0, 0, 1 };
    buf_append(&u->bytes, start_code, sizeof start_code);
}

static void note_nalu(struct rtp_unpacker *u, struct nalu n)
{
    if (u->codec == CODEC_HEVC)
        u->is_key |= hevc_nalu_is_irap(n);
    else
        u->is_key |= avc_nalu_type(n) == AVC_NALU_IDR;
}

static void take_nalu(struct rtp_unpacker *u, const uint8_t *bytes, size_t len)
{
    begin_nalu(u);
    buf_append(&u->bytes, bytes, len);
    note_nalu(u, (struct nalu){ bytes, len });
}

/* NAL units after their lengths of two bytes: the inside of STAP-A and AP. */
static bool take_several(struct rtp_unpacker *u, struct rd r)
{
    size_t head_len = u->codec == CODEC_HEVC ? HEVC_HEAD_LEN : AVC_HEAD_LEN;
    while (rd_left(&r) > 0) {
        size_t         len = rd_u16(&r);
        const uint8_t *bytes = rd_bytes(&r, len);
        if (r.bad || len < head_len)
            return false;
        take_nalu(u, bytes, len);
    }
    return true;
}

/* A fragment; `head` is that of the NAL unit. False where a fragment before it is missing. */
static bool take_fragment(struct rtp_unpacker *u, const uint8_t *head, size_t head_len, uint8_t flags, struct rd r)
{
    bool begins = flags & FU_START, fits = u->in_part != begins;
    if (begins) {
        begin_nalu(u);
        buf_append(&u->bytes, head, head_len);
        note_nalu(u, (struct nalu){ head, head_len });
    }
    buf_append(&u->bytes, r.p, rd_left(&r));
    u->in_part = !(flags & FU_END);
    return fits;
}

static bool is_whole(const struct rtp_unpacker *u)
{
    return !u->in_part;
}

static bool take_avc(struct rtp_unpacker *u, const uint8_t *payload, size_t len)
{
    struct rd r = rd_over(payload, len);
    uint8_t   first = rd_u8(&r);
    unsigned  type = first & 0x1f;
    if (type == AVC_FU_A) {
        uint8_t flags = rd_u8(&r), head = (uint8_t)((first & 0xe0) | (flags & 0x1f));
        return !r.bad && take_fragment(u, &head, AVC_HEAD_LEN, flags, r);
    }
    bool fits = is_whole(u);
    u->in_part = false;
    if (type == AVC_STAP_A)
        return take_several(u, r) && fits;
    if (type == 0 || type > AVC_STAP_A)
        return false;
    take_nalu(u, payload, len);
    return fits;
}

static bool take_hevc(struct rtp_unpacker *u, const uint8_t *payload, size_t len)
{
    struct rd r = rd_over(payload, len);
    uint8_t   first = rd_u8(&r), second = rd_u8(&r);
    unsigned  type = first >> 1 & 0x3f;
    if (r.bad)
        return false;
    if (type == HEVC_FU) {
        uint8_t flags = rd_u8(&r);
        uint8_t head[HEVC_HEAD_LEN] = { (uint8_t)((first & 0x81) | (flags & 0x3f) << 1), second };
        return !r.bad && take_fragment(u, head, HEVC_HEAD_LEN, flags, r);
    }
    bool fits = is_whole(u);
    u->in_part = false;
    if (type == HEVC_AP)
        return take_several(u, r) && fits;
    if (type > HEVC_AP)
        return false;
    take_nalu(u, payload, len);
    return fits;
}

/* ---- where a picture begins ---- */

/* Slices come in their order, so the first one has first_mb_in_slice 0: a single bit, 1 (H.264 7.3.3). What is no slice comes before. */
static bool avc_nalu_begins(unsigned type, struct rd after_head)
{
    return type >= AVC_NALU_SEI || rd_u8(&after_head) & 0x80;
}

static bool avc_begins(const uint8_t *payload, size_t len)
{
    struct rd r = rd_over(payload, len);
    unsigned  type = rd_u8(&r) & 0x1f;
    if (type == AVC_FU_A) {
        uint8_t flags = rd_u8(&r);
        return flags & FU_START && avc_nalu_begins(flags & 0x1f, r);
    }
    if (type == AVC_STAP_A) {
        rd_u16(&r);
        type = rd_u8(&r) & 0x1f;
    }
    return avc_nalu_begins(type, r) && !r.bad;
}

/* H.265 7.3.6.1: first_slice_segment_in_pic_flag is the first bit after the head. Suffixes follow a picture (7.4.2.4.4). */
static bool hevc_nalu_begins(unsigned type, struct rd after_head)
{
    return type > HEVC_NALU_VCL_LAST ? type <= HEVC_NALU_SEI : rd_u8(&after_head) & 0x80;
}

static bool hevc_begins(const uint8_t *payload, size_t len)
{
    struct rd r = rd_over(payload, len);
    unsigned  type = rd_u16(&r) >> 9 & 0x3f;
    if (type == HEVC_FU) {
        uint8_t flags = rd_u8(&r);
        return flags & FU_START && hevc_nalu_begins(flags & 0x3f, r);
    }
    if (type == HEVC_AP) {
        rd_u16(&r);
        type = rd_u16(&r) >> 9 & 0x3f;
    }
    return hevc_nalu_begins(type, r) && !r.bad;
}

const struct rtp_unpack_codec rtp_unpack_avc = { .begins = avc_begins, .take = take_avc };
const struct rtp_unpack_codec rtp_unpack_hevc = { .begins = hevc_begins, .take = take_hevc };
