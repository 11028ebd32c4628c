#include "kernel/hevc.h"

#include "kernel/bits.h"

enum {
    SUB_LAYERS_MAX = 7,    /* 7.4.3.1: sps_max_sub_layers_minus1 is 0 to 6 */
    REF_PIC_SETS_MAX = 64, /* 7.4.3.2.1: num_short_term_ref_pic_sets */
    REF_PICS_MAX = 16,     /* 7.4.8: bounded by sps_max_dec_pic_buffering, at most 16 */
    LONG_TERM_MAX = 32,    /* num_long_term_ref_pics_sps */
    LAYER_SETS_MAX = 1023, /* vps_num_layer_sets_minus1 */
};

/* ---- configuration record ---- */

/* Read the header of an array. Returns its number of NAL units, or 0 if it is cut. */
static unsigned read_array(struct rd *r)
{
    rd_u8(r); /* array_completeness, reserved, NAL_unit_type: the units say it themselves */
    return rd_u16(r);
}

bool hevc_config_parse(const uint8_t *bytes, size_t len, struct hevc_config *config)
{
    struct rd r = rd_over(bytes, len);
    uint8_t   version = rd_u8(&r);
    uint8_t   general = rd_u8(&r);
    *config = (struct hevc_config){ .tier = general >> 5 & 1, .profile_idc = general & 31 };
    config->compatibility = rd_u32(&r);
    rd_bytes(&r, 6); /* general_constraint_indicator_flags */
    config->level_idc = rd_u8(&r);
    rd_u16(&r); /* min_spatial_segmentation_idc */
    rd_u8(&r);  /* parallelismType */
    config->chroma_format_idc = rd_u8(&r) & 3;
    config->bit_depth = (uint8_t)(8 + (rd_u8(&r) & 7));
    rd_u8(&r); /* bit depth of chroma */
    config->fps_256 = rd_u16(&r);
    config->length_size = (rd_u8(&r) & 3) + 1;
    config->n_arrays = rd_u8(&r);
    config->arrays = r;
    for (unsigned i = 0; i < config->n_arrays && !r.bad; i++)
        for (unsigned n = read_array(&r); n && !r.bad; n--)
            rd_bytes(&r, rd_u16(&r));
    config->arrays.end = r.p;
    return !r.bad && version <= 1;
}

struct hevc_config_walk hevc_config_open(const struct hevc_config *config)
{
    return (struct hevc_config_walk){ config->arrays, config->n_arrays, 0 };
}

bool hevc_config_next(struct hevc_config_walk *walk, struct nalu *nalu)
{
    while (!walk->r.bad && (walk->nalus || walk->arrays)) { /* each turn consumes bytes or fails */
        if (walk->nalus == 0) {
            walk->arrays--;
            walk->nalus = read_array(&walk->r);
            continue;
        }
        walk->nalus--;
        size_t         len = rd_u16(&walk->r);
        const uint8_t *p = rd_bytes(&walk->r, len);
        if (p && len) {
            *nalu = (struct nalu){ p, len };
            return true;
        }
    }
    return false;
}

bool hevc_config_find(const struct hevc_config *config, enum hevc_nalu_type type, struct nalu *nalu)
{
    struct hevc_config_walk walk = hevc_config_open(config);
    while (hevc_config_next(&walk, nalu))
        if (hevc_nalu_type(*nalu) == type)
            return true;
    return false;
}

/* ---- what SPS and VPS share ---- */

struct profile {
    uint8_t  profile_idc, tier, level_idc;
    uint32_t compatibility;
};

/* 7.3.3 profile_tier_level(1, max_sub_layers_minus1) */
static struct profile read_profile(struct bits *b, unsigned max_sub_layers_minus1)
{
    enum { SUB_PROFILE_BITS = 88, SUB_LEVEL_BITS = 8 };
    struct profile p = { 0 };
    bool           has_profile[SUB_LAYERS_MAX] = { 0 }, has_level[SUB_LAYERS_MAX] = { 0 };
    bits_u(b, 2); /* general_profile_space */
    p.tier = (uint8_t)bits_u1(b);
    p.profile_idc = (uint8_t)bits_u(b, 5);
    p.compatibility = bits_u(b, 32);
    bits_skip(b, 48); /* source and constraint flags */
    p.level_idc = (uint8_t)bits_u(b, 8);
    for (unsigned i = 0; i < max_sub_layers_minus1; i++) {
        has_profile[i] = bits_u1(b);
        has_level[i] = bits_u1(b);
    }
    if (max_sub_layers_minus1 > 0)
        bits_skip(b, 2 * (8 - max_sub_layers_minus1)); /* reserved_zero_2bits up to eight layers */
    for (unsigned i = 0; i < max_sub_layers_minus1; i++)
        bits_skip(b, (has_profile[i] ? SUB_PROFILE_BITS : 0u) + (has_level[i] ? SUB_LEVEL_BITS : 0u));
    return p;
}

static unsigned read_max_sub_layers_minus1(struct bits *b)
{
    unsigned n = bits_u(b, 3);
    if (n < SUB_LAYERS_MAX)
        return n;
    b->bad = true;
    return 0;
}

/* sps_ or vps_sub_layer_ordering_info_present_flag and what follows it */
static void skip_ordering_info(struct bits *b, unsigned max_sub_layers_minus1)
{
    unsigned first = bits_u1(b) ? 0 : max_sub_layers_minus1;
    for (unsigned i = first; i <= max_sub_layers_minus1; i++) {
        bits_ue(b);
        bits_ue(b);
        bits_ue(b);
    }
}

/* num_units_in_tick and time_scale: a tick is a frame. */
static bool read_timing(struct bits *b, uint32_t *fps_num, uint32_t *fps_den)
{
    uint32_t units = bits_u(b, 32);
    uint32_t scale = bits_u(b, 32);
    if (b->bad || units == 0 || scale == 0)
        return false;
    *fps_num = scale;
    *fps_den = units;
    return true;
}

static struct bits rbsp_of(struct nalu nalu)
{
    enum { NALU_HEADER_LEN = 2 };
    return bits_over_rbsp(nalu.p + NALU_HEADER_LEN, nalu.len - NALU_HEADER_LEN);
}

/* ---- SPS between the size and the VUI ---- */

/* 7.3.4 */
static void skip_scaling_list_data(struct bits *b)
{
    for (unsigned size = 0; size < 4; size++)
        for (unsigned matrix = 0; matrix < 6 && !b->bad; matrix += size == 3 ? 3 : 1) {
            if (!bits_u1(b)) { /* scaling_list_pred_mode_flag */
                bits_ue(b);    /* scaling_list_pred_matrix_id_delta */
                continue;
            }
            unsigned coefs = size == 0 ? 16 : 64;
            if (size > 1)
                bits_se(b); /* scaling_list_dc_coef_minus8 */
            for (unsigned i = 0; i < coefs && !b->bad; i++)
                bits_se(b);
        }
}

/* A short-term reference picture set: pictures by their distance, first those before, then those
 * after, the nearest first. */
struct ref_pic_set {
    unsigned n;
    int32_t  delta[REF_PICS_MAX];
};

static bool ref_pic_before(int32_t a, int32_t b)
{
    if ((a < 0) != (b < 0))
        return a < 0;
    return a < 0 ? a > b : a < b;
}

static void add_ref_pic(struct bits *b, struct ref_pic_set *set, int32_t delta)
{
    if (set->n == REF_PICS_MAX) {
        b->bad = true;
        return;
    }
    unsigned at = set->n++;
    for (; at > 0 && ref_pic_before(delta, set->delta[at - 1]); at--)
        set->delta[at] = set->delta[at - 1];
    set->delta[at] = delta;
}

/* 7.3.7, coded from scratch */
static void read_ref_pics(struct bits *b, struct ref_pic_set *set)
{
    uint32_t before = bits_ue_max(b, REF_PICS_MAX);
    uint32_t after = bits_ue_max(b, REF_PICS_MAX);
    int32_t  delta = 0;
    set->n = 0;
    for (uint32_t i = 0; i < before + after && !b->bad; i++) {
        int32_t step = (int32_t)bits_ue_max(b, 0x7FFF) + 1;
        if (i == before)
            delta = 0;
        delta += i < before ? -step : step;
        bits_u1(b); /* used_by_curr_pic */
        add_ref_pic(b, set, delta);
    }
}

/* 7.3.7 and (7-61), (7-62): coded as a shift of the set before, and the picture shifted from. */
static void shift_ref_pics(struct bits *b, struct ref_pic_set *set)
{
    struct ref_pic_set from = *set;
    bool               negative = bits_u1(b);
    int32_t            shift = (int32_t)bits_ue_max(b, 0x7FFF) + 1;
    if (negative)
        shift = -shift;
    set->n = 0;
    for (unsigned j = 0; j <= from.n && !b->bad; j++) {
        bool    use = bits_u1(b) || bits_u1(b); /* used_by_curr_pic_flag, else use_delta_flag */
        int32_t delta = (j < from.n ? from.delta[j] : 0) + shift;
        if (use && delta != 0)
            add_ref_pic(b, set, delta);
    }
}

static void skip_ref_pic_sets(struct bits *b)
{
    struct ref_pic_set set = { 0 };
    uint32_t           n = bits_ue_max(b, REF_PIC_SETS_MAX);
    for (uint32_t i = 0; i < n && !b->bad; i++) {
        if (i > 0 && bits_u1(b)) /* inter_ref_pic_set_prediction_flag */
            shift_ref_pics(b, &set);
        else
            read_ref_pics(b, &set);
    }
}

static void skip_long_term_pics(struct bits *b, unsigned lsb_bits)
{
    if (!bits_u1(b))
        return;
    uint32_t n = bits_ue_max(b, LONG_TERM_MAX);
    for (uint32_t i = 0; i < n && !b->bad; i++)
        bits_skip(b, lsb_bits + 1);
}

static void skip_to_vui(struct bits *b, unsigned max_sub_layers_minus1)
{
    unsigned lsb_bits = bits_ue_max(b, 12) + 4; /* log2_max_pic_order_cnt_lsb_minus4 */
    skip_ordering_info(b, max_sub_layers_minus1);
    for (unsigned i = 0; i < 6; i++)
        bits_ue(b); /* block sizes and transform depths */
    if (bits_u1(b) && bits_u1(b))
        skip_scaling_list_data(b);
    bits_skip(b, 2);  /* amp_enabled_flag, sample_adaptive_offset_enabled_flag */
    if (bits_u1(b)) { /* pcm_enabled_flag */
        bits_skip(b, 8);
        bits_ue(b);
        bits_ue(b);
        bits_u1(b);
    }
    skip_ref_pic_sets(b);
    skip_long_term_pics(b, lsb_bits);
    bits_skip(b, 2); /* sps_temporal_mvp_enabled_flag, strong_intra_smoothing_enabled_flag */
}

/* E.2.1, up to the timing */
static void read_vui(struct bits *b, struct hevc_sps *sps)
{
    enum { EXTENDED_SAR = 255 };
    if (bits_u1(b) && bits_u(b, 8) == EXTENDED_SAR)
        bits_skip(b, 32);
    if (bits_u1(b))
        bits_u1(b); /* overscan_appropriate_flag */
    if (bits_u1(b)) {
        bits_skip(b, 4); /* video_format, video_full_range_flag */
        if (bits_u1(b))
            bits_skip(b, 24); /* colour description */
    }
    if (bits_u1(b)) {
        bits_ue(b); /* chroma_sample_loc_type */
        bits_ue(b);
    }
    bits_skip(b, 3); /* neutral_chroma_indication_flag, field_seq_flag, frame_field_info_present_flag */
    if (bits_u1(b))  /* default_display_window_flag */
        for (unsigned i = 0; i < 4; i++)
            bits_ue(b);
    if (bits_u1(b) && !read_timing(b, &sps->fps_num, &sps->fps_den))
        b->bad = true;
}

/* ---- SPS ---- */

/* 7.4.3.2.1: window offsets are in chroma samples. */
static void read_size(struct bits *b, struct hevc_sps *sps)
{
    uint32_t width = bits_ue(b);
    uint32_t height = bits_ue(b);
    uint64_t crop_x = 0, crop_y = 0;
    if (bits_u1(b)) { /* conformance_window_flag */
        unsigned unit_x = sps->chroma_format_idc == 1 || sps->chroma_format_idc == 2 ? 2 : 1;
        unsigned unit_y = sps->chroma_format_idc == 1 ? 2 : 1;
        crop_x = ((uint64_t)bits_ue(b) + bits_ue(b)) * unit_x;
        crop_y = ((uint64_t)bits_ue(b) + bits_ue(b)) * unit_y;
    }
    if (width > HEVC_SIZE_MAX || height > HEVC_SIZE_MAX || crop_x >= width || crop_y >= height) {
        b->bad = true;
        return;
    }
    sps->width = width - (uint32_t)crop_x;
    sps->height = height - (uint32_t)crop_y;
}

bool hevc_sps_parse(struct nalu nalu, struct hevc_sps *sps)
{
    *sps = (struct hevc_sps){ 0 };
    if (nalu.len < 2 || hevc_nalu_type(nalu) != HEVC_NALU_SPS)
        return false;
    struct bits b = rbsp_of(nalu);
    bits_u(&b, 4); /* sps_video_parameter_set_id */
    unsigned max_sub_layers_minus1 = read_max_sub_layers_minus1(&b);
    sps->n_sub_layers = (uint8_t)(max_sub_layers_minus1 + 1);
    sps->is_nested = bits_u1(&b);
    struct profile p = read_profile(&b, max_sub_layers_minus1);
    sps->profile_idc = p.profile_idc;
    sps->tier = p.tier;
    sps->level_idc = p.level_idc;
    sps->compatibility = p.compatibility;
    bits_ue_max(&b, 15); /* sps_seq_parameter_set_id */
    sps->chroma_format_idc = (uint8_t)bits_ue_max(&b, 3);
    if (sps->chroma_format_idc == 3)
        bits_u1(&b); /* separate_colour_plane_flag */
    read_size(&b, sps);
    sps->bit_depth = (uint8_t)(8 + bits_ue_max(&b, 8));
    sps->bit_depth_chroma = (uint8_t)(8 + bits_ue_max(&b, 8));
    if (b.bad)
        return false;
    skip_to_vui(&b, max_sub_layers_minus1);
    if (bits_u1(&b))
        read_vui(&b, sps);
    return true;
}

/* ---- VPS ---- */

bool hevc_vps_fps(struct nalu nalu, uint32_t *fps_num, uint32_t *fps_den)
{
    if (nalu.len < 2 || hevc_nalu_type(nalu) != HEVC_NALU_VPS)
        return false;
    struct bits b = rbsp_of(nalu);
    bits_skip(&b, 4 + 2 + 6); /* its id, base layer flags, vps_max_layers_minus1 */
    unsigned max_sub_layers_minus1 = read_max_sub_layers_minus1(&b);
    bits_skip(&b, 1 + 16); /* vps_temporal_id_nesting_flag, reserved */
    read_profile(&b, max_sub_layers_minus1);
    skip_ordering_info(&b, max_sub_layers_minus1);
    unsigned layers = bits_u(&b, 6) + 1;             /* vps_max_layer_id + 1 */
    uint32_t sets = bits_ue_max(&b, LAYER_SETS_MAX); /* vps_num_layer_sets_minus1 */
    for (uint32_t i = 0; i < sets && !b.bad; i++)
        bits_skip(&b, layers); /* layer_id_included_flag */
    return bits_u1(&b) && read_timing(&b, fps_num, fps_den);
}

/* ---- names ---- */

/* Annex A.3: the profile, or if it is 0, the first profile with which the stream is compatible. */
const char *hevc_profile_name(unsigned profile_idc, uint32_t compatibility)
{
    static const char *const names[] = { NULL, "Main", "Main10", "Main Still Picture", "Rext" };
    for (unsigned i = 1; profile_idc == 0 && i < ARRAY_LEN(names); i++)
        if (compatibility >> (31 - i) & 1)
            profile_idc = i;
    return profile_idc < ARRAY_LEN(names) && names[profile_idc] ? names[profile_idc] : "Other";
}

const char *hevc_level_name(unsigned level_idc)
{
    static const struct {
        uint8_t     idc; /* A.4.1: 30 times the level */
        const char *name;
    } rows[] = {
        { 30, "1" },  { 60, "2" },    { 63, "2.1" },  { 90, "3" },  { 93, "3.1" },  { 120, "4" },   { 123, "4.1" },
        { 150, "5" }, { 153, "5.1" }, { 156, "5.2" }, { 180, "6" }, { 183, "6.1" }, { 186, "6.2" },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (rows[i].idc == level_idc)
            return rows[i].name;
    return "Other";
}
