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
    unsigned delay_bits; /* width of decoder_buffer_delay and encoder_buffer_delay */
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

/* 5.5.1 sequence_header_obu(), up to the size. Returns whether it is a reduced_still_picture_header. */
static bool read_to_size(struct bits *b, struct av1_sequence *s)
{
    *s = (struct av1_sequence){ .profile = (uint8_t)bits_u(b, 3) };
    bits_u1(b); /* still_picture */
    bool reduced = bits_u1(b);
    if (reduced) {
        s->level_idx = (uint8_t)bits_u(b, 5);
    } else {
        struct timing t = read_timing(b, s);
        read_operating_points(b, t, s);
    }
    unsigned width_bits = bits_u(b, 4) + 1;
    unsigned height_bits = bits_u(b, 4) + 1;
    s->width = bits_u(b, width_bits) + 1;
    s->height = bits_u(b, height_bits) + 1;
    return reduced;
}

static bool find_sequence(struct rd obus, struct av1_obu *obu)
{
    while (av1_next_obu(&obus, obu))
        if (obu->type == AV1_OBU_SEQUENCE_HEADER)
            return true;
    return false;
}

bool av1_sequence_parse(struct rd obus, struct av1_sequence *sequence)
{
    struct av1_obu obu;
    *sequence = (struct av1_sequence){ 0 };
    if (!find_sequence(obus, &obu))
        return false;
    struct bits b = bits_over(obu.payload, obu.len);
    read_to_size(&b, sequence);
    return !b.bad;
}

/* ---- writing ---- */

/* 5.5.1, from the size to color_config() */
static void skip_tools(struct bits *b, bool reduced)
{
    if (!reduced && bits_u1(b)) /* frame_id_numbers_present_flag */
        bits_skip(b, 4 + 3);
    bits_skip(b, 3); /* use_128x128_superblock, enable_filter_intra, enable_intra_edge_filter */
    if (!reduced) {
        bits_skip(b, 4); /* enable_interintra_compound, _masked_compound, _warped_motion, _dual_filter */
        bool has_order_hint = bits_u1(b);
        if (has_order_hint)
            bits_skip(b, 2);                           /* enable_jnt_comp, enable_ref_frame_mvs */
        bool may_be_screen = bits_u1(b) || bits_u1(b); /* seq_choose_, else seq_force_screen_content_tools */
        if (may_be_screen && !bits_u1(b))              /* seq_choose_integer_mv */
            bits_u1(b);                                /* seq_force_integer_mv */
        if (has_order_hint)
            bits_skip(b, 3); /* order_hint_bits_minus_1 */
    }
    bits_skip(b, 3); /* enable_superres, enable_cdef, enable_restoration */
}

struct color {
    bool    high_bitdepth, twelve_bit, monochrome, subsampling_x, subsampling_y;
    uint8_t sample_position;
};

/* The part of color_config() that depends on the profile. */
static void read_subsampling(struct bits *b, unsigned profile, struct color *c)
{
    bits_u1(b); /* color_range */
    c->subsampling_x = profile != 1;
    c->subsampling_y = profile == 0;
    if (profile == 2 && c->twelve_bit) {
        c->subsampling_x = bits_u1(b);
        c->subsampling_y = c->subsampling_x && bits_u1(b);
    }
    if (c->subsampling_x && c->subsampling_y)
        c->sample_position = (uint8_t)bits_u(b, 2);
}

/* 5.5.2 color_config() */
static struct color read_color(struct bits *b, unsigned profile)
{
    enum { SRGB_PRIMARIES = 1, SRGB_TRANSFER = 13, SRGB_MATRIX = 0 };
    struct color c = { .high_bitdepth = bits_u1(b) };
    uint32_t     primaries = 2, transfer = 2, matrix = 2; /* unspecified */
    c.twelve_bit = profile == 2 && c.high_bitdepth && bits_u1(b);
    c.monochrome = profile != 1 && bits_u1(b);
    if (bits_u1(b)) { /* color_description_present_flag */
        primaries = bits_u(b, 8);
        transfer = bits_u(b, 8);
        matrix = bits_u(b, 8);
    }
    if (c.monochrome)
        c.subsampling_x = c.subsampling_y = true;
    else if (primaries != SRGB_PRIMARIES || transfer != SRGB_TRANSFER || matrix != SRGB_MATRIX)
        read_subsampling(b, profile, &c);
    return c;
}

/* 4.10.5, the shortest form */
static void write_leb128(struct wr *w, size_t v)
{
    for (; v > 0x7f; v >>= 7)
        wr_u8(w, (uint8_t)(0x80 | (v & 0x7f)));
    wr_u8(w, (uint8_t)v);
}

void av1_write_obu(struct wr *w, const struct av1_obu *obu)
{
    enum { HAS_SIZE = 2 };
    wr_u8(w, (uint8_t)(obu->type << 3 | HAS_SIZE));
    write_leb128(w, obu->len);
    wr_bytes(w, obu->payload, obu->len);
}

bool av1_config_write(struct wr *w, struct rd obus)
{
    struct av1_obu      obu;
    struct av1_sequence s;
    if (!find_sequence(obus, &obu))
        return false;
    struct bits b = bits_over(obu.payload, obu.len);
    skip_tools(&b, read_to_size(&b, &s));
    struct color c = read_color(&b, s.profile);
    if (b.bad)
        return false;
    wr_u8(w, 0x81); /* marker, version 1 */
    wr_u8(w, (uint8_t)(s.profile << 5 | s.level_idx));
    wr_u8(w, (uint8_t)(s.tier << 7 | c.high_bitdepth << 6 | c.twelve_bit << 5 | c.monochrome << 4 |
                       c.subsampling_x << 3 | c.subsampling_y << 2 | c.sample_position));
    wr_u8(w, 0); /* initial_presentation_delay: not told */
    av1_write_obu(w, &obu);
    return true;
}

bool av1_is_key(struct rd obus)
{
    enum { SHOW_EXISTING = 0x80, FRAME_TYPE = 0x60 };
    struct av1_obu obu;
    bool           has_sequence = false;
    while (av1_next_obu(&obus, &obu)) {
        has_sequence |= obu.type == AV1_OBU_SEQUENCE_HEADER;
        if (obu.type == AV1_OBU_FRAME || obu.type == AV1_OBU_FRAME_HEADER)
            return has_sequence && obu.len && !(obu.payload[0] & (SHOW_EXISTING | FRAME_TYPE));
    }
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
