#include "kernel/av1.h"

#include "kernel/bits.h"

enum { TIER_FROM_LEVEL_IDX = 8 }; /* 5.5.1: seq_tier is there when seq_level_idx is above 7 */

bool av1_config_parse(const uint8_t *bytes, size_t len, struct av1_config *config)
{
    struct rd r = rd_over(bytes, len);
    uint8_t   marker_version = rd_u8(&r);
    uint8_t   profile_level = rd_u8(&r);
    uint8_t   flags = rd_u8(&r);
    rd_u8(&r); /* initial presentation delay */
    bool    high_bitdepth = flags & 0x40;
    uint8_t deep = flags & 0x20 ? 12 : 10; /* twelve_bit */
    *config = (struct av1_config){
        .profile = profile_level >> 5,
        .level_idx = profile_level & 31,
        .tier = flags >> 7,
        .bit_depth = (uint8_t)(high_bitdepth ? deep : 8),
        .obus = r,
    };
    return !r.bad && marker_version == 0x81; /* marker bit, version 1 */
}

/* 4.10.5 leb128(): at most eight bytes */
static uint64_t read_leb128(struct rd *r)
{
    uint64_t v = 0;
    for (unsigned i = 0; i < 8; i++) {
        uint8_t byte = rd_u8(r);
        v |= (uint64_t)(byte & 0x7f) << (i * 7);
        if (!(byte & 0x80))
            return v;
    }
    r->bad = true;
    return 0;
}

bool av1_next_obu(struct rd *obus, struct av1_obu *obu)
{
    if (obus->bad || rd_left(obus) == 0)
        return false;
    uint8_t header = rd_u8(obus);
    bool    has_extension = header & 0x04, has_size = header & 0x02;
    if (has_extension)
        rd_u8(obus);
    uint64_t len = has_size ? read_leb128(obus) : rd_left(obus);
    obus->bad |= header >> 7 || len > rd_left(obus); /* obu_forbidden_bit */
    const uint8_t *payload = rd_bytes(obus, (size_t)len);
    if (!payload)
        return false;
    *obu = (struct av1_obu){ header >> 3 & 15, payload, (size_t)len };
    return true;
}

struct timing {
    bool     has_model;
    unsigned delay_bits; /* of decoder and encoder buffer delay */
};

/* 5.5.3 timing_info(), 5.5.4 decoder_model_info() */
static struct timing read_timing(struct bits *b, struct av1_sequence *s)
{
    struct timing t = { 0 };
    if (!bits_u1(b)) /* timing_info_present_flag */
        return t;
    uint64_t units = bits_u(b, 32);
    uint32_t scale = bits_u(b, 32);
    if (bits_u1(b)) { /* equal_picture_interval */
        units *= bits_ue(b) + 1ULL;
        if (!b->bad && scale && units && units <= UINT32_MAX) {
            s->fps_num = scale;
            s->fps_den = (uint32_t)units;
        }
    }
    t.has_model = bits_u1(b);
    if (t.has_model) {
        t.delay_bits = bits_u(b, 5) + 1;
        bits_skip(b, 32 + 5 + 5);
    }
    return t;
}

static void read_operating_points(struct bits *b, struct timing t, struct av1_sequence *s)
{
    bool     has_display_delay = bits_u1(b);
    unsigned points = bits_u(b, 5) + 1;
    for (unsigned i = 0; i < points && !b->bad; i++) {
        bits_skip(b, 12); /* operating_point_idc */
        uint8_t level_idx = (uint8_t)bits_u(b, 5);
        uint8_t tier = level_idx >= TIER_FROM_LEVEL_IDX ? (uint8_t)bits_u1(b) : 0;
        if (i == 0) {
            s->level_idx = level_idx;
            s->tier = tier;
        }
        if (t.has_model && bits_u1(b))
            bits_skip(b, 2 * t.delay_bits + 1);
        if (has_display_delay && bits_u1(b))
            bits_skip(b, 4);
    }
}

/* 5.5.1 sequence_header_obu(), up to the size */
static bool parse_sequence(struct av1_obu obu, struct av1_sequence *s)
{
    struct bits b = bits_over(obu.payload, obu.len);
    *s = (struct av1_sequence){ .profile = (uint8_t)bits_u(&b, 3) };
    bits_u1(&b);       /* still_picture */
    if (bits_u1(&b)) { /* reduced_still_picture_header */
        s->level_idx = (uint8_t)bits_u(&b, 5);
    } else {
        struct timing t = read_timing(&b, s);
        read_operating_points(&b, t, s);
    }
    unsigned width_bits = bits_u(&b, 4) + 1;
    unsigned height_bits = bits_u(&b, 4) + 1;
    s->width = bits_u(&b, width_bits) + 1;
    s->height = bits_u(&b, height_bits) + 1;
    return !b.bad;
}

bool av1_sequence_parse(struct rd obus, struct av1_sequence *sequence)
{
    struct av1_obu obu;
    *sequence = (struct av1_sequence){ 0 };
    while (av1_next_obu(&obus, &obu))
        if (obu.type == AV1_OBU_SEQUENCE_HEADER)
            return parse_sequence(obu, sequence);
    return false;
}

const char *av1_profile_name(unsigned profile)
{
    static const char *const names[] = { "Main", "High", "Professional" };
    return profile < ARRAY_LEN(names) ? names[profile] : "Other";
}

const char *av1_level_name(unsigned level_idx)
{
    /* A.3: level X.Y is 4 * (X - 2) + Y */
    static const char *const names[] = {
        "2.0", "2.1", "2.2", "2.3", "3.0", "3.1", "3.2", "3.3", "4.0", "4.1", "4.2", "4.3",
        "5.0", "5.1", "5.2", "5.3", "6.0", "6.1", "6.2", "6.3", "7.0", "7.1", "7.2", "7.3",
    };
    return level_idx < ARRAY_LEN(names) ? names[level_idx] : "Other";
}
