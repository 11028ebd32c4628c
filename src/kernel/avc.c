#include "kernel/avc.h"

#include "kernel/bits.h"

enum { CONSTRAINT_SET1 = 0x40, CONSTRAINT_SET3 = 0x10 };

/* ---- configuration record ---- */

/* One reader over `count` parameter sets with 16-bit lengths. */
static struct rd parameter_sets(struct rd *r, unsigned count)
{
    struct rd sets = { r->p, r->p, false };
    for (unsigned i = 0; i < count; i++)
        rd_bytes(r, rd_u16(r));
    sets.end = r->p;
    return sets;
}

bool avc_config_parse(const uint8_t *bytes, size_t len, struct avc_config *config)
{
    struct rd r = rd_over(bytes, len);
    uint8_t   version = rd_u8(&r);
    *config = (struct avc_config){ .profile_idc = rd_u8(&r) };
    config->constraints = rd_u8(&r);
    config->level_idc = rd_u8(&r);
    config->length_size = (rd_u8(&r) & 3) + 1;
    config->n_sps = rd_u8(&r) & 31;
    config->sps = parameter_sets(&r, config->n_sps);
    config->n_pps = rd_u8(&r);
    config->pps = parameter_sets(&r, config->n_pps);
    return !r.bad && version == 1;
}

/* 5.3.3.1.2: the record has the chroma format and the bit depths after the PPS for these profiles. */
static bool record_has_chroma(unsigned profile_idc)
{
    return profile_idc == 100 || profile_idc == 110 || profile_idc == 122 || profile_idc == 144;
}

static unsigned count_sets(const uint8_t *annexb, size_t len, unsigned type, struct nalu *first)
{
    struct rd   r = rd_over(annexb, len);
    struct nalu nalu;
    unsigned    n = 0;
    while (nalu_next_annexb(&r, &nalu)) {
        if (avc_nalu_type(nalu) != type)
            continue;
        if (n++ == 0)
            *first = nalu;
        if (nalu.len > AVC_PARAMETER_SET_MAX)
            return 0;
    }
    return n;
}

static void write_sets(struct wr *w, const uint8_t *annexb, size_t len, unsigned type)
{
    struct rd   r = rd_over(annexb, len);
    struct nalu nalu;
    while (nalu_next_annexb(&r, &nalu)) {
        if (avc_nalu_type(nalu) != type)
            continue;
        wr_u16(w, (uint16_t)nalu.len);
        wr_bytes(w, nalu.p, nalu.len);
    }
}

bool avc_config_write_from_annexb(struct wr *w, const uint8_t *annexb, size_t len)
{
    struct nalu    sps_nalu, pps_nalu;
    struct avc_sps sps;
    unsigned       n_sps = count_sets(annexb, len, AVC_NALU_SPS, &sps_nalu);
    unsigned       n_pps = count_sets(annexb, len, AVC_NALU_PPS, &pps_nalu);
    if (n_sps == 0 || n_pps == 0 || n_sps > AVC_SPS_COUNT_MAX || n_pps > AVC_PPS_COUNT_MAX || sps_nalu.len < 4)
        return false;
    wr_u8(w, 1);
    wr_bytes(w, sps_nalu.p + 1, 3); /* profile_idc, constraint flags, level_idc */
    wr_u8(w, 0xFC | 3);             /* reserved ones; 4-byte lengths */
    wr_u8(w, (uint8_t)(0xE0 | n_sps));
    write_sets(w, annexb, len, AVC_NALU_SPS);
    wr_u8(w, (uint8_t)n_pps);
    write_sets(w, annexb, len, AVC_NALU_PPS);
    if (record_has_chroma(sps_nalu.p[1]) && avc_sps_parse(sps_nalu, &sps)) {
        wr_u8(w, 0xFC | sps.chroma_format_idc);
        wr_u8(w, (uint8_t)(0xF8 | (sps.bit_depth - 8)));
        wr_u8(w, (uint8_t)(0xF8 | (sps.bit_depth_chroma - 8)));
        wr_u8(w, 0); /* numOfSequenceParameterSetExt */
    }
    return true;
}

/* ---- sequence parameter set ---- */

/* 7.3.2.1.1: the profiles whose SPS tells the chroma format. */
static bool sps_has_chroma(unsigned profile_idc)
{
    static const uint8_t profiles[] = { 100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135 };
    for (size_t i = 0; i < sizeof profiles; i++)
        if (profiles[i] == profile_idc)
            return true;
    return false;
}

/* 7.3.2.1.1.1 */
static void skip_scaling_list(struct bits *b, unsigned size)
{
    unsigned last = 8, next = 8;
    for (unsigned i = 0; i < size && !b->bad; i++) {
        if (next != 0)
            next = (last + (unsigned)bits_se(b)) & 0xff;
        last = next == 0 ? last : next;
    }
}

static void read_chroma(struct bits *b, struct avc_sps *sps)
{
    sps->chroma_format_idc = (uint8_t)bits_ue_max(b, 3);
    if (sps->chroma_format_idc == 3)
        bits_u1(b); /* separate_colour_plane_flag */
    sps->bit_depth = (uint8_t)(8 + bits_ue_max(b, 6));
    sps->bit_depth_chroma = (uint8_t)(8 + bits_ue_max(b, 6));
    bits_u1(b); /* qpprime_y_zero_transform_bypass_flag */
    if (bits_u1(b))
        for (unsigned i = 0; i < (sps->chroma_format_idc == 3 ? 12u : 8u); i++)
            if (bits_u1(b))
                skip_scaling_list(b, i < 6 ? 16 : 64);
}

static void skip_picture_order(struct bits *b)
{
    uint32_t type = bits_ue_max(b, 2);
    if (type == 0) {
        bits_ue_max(b, 12); /* log2_max_pic_order_cnt_lsb_minus4 */
    } else if (type == 1) {
        bits_u1(b);
        bits_se(b);
        bits_se(b);
        uint32_t cycle = bits_ue_max(b, 255);
        for (uint32_t i = 0; i < cycle && !b->bad; i++)
            bits_se(b);
    }
}

/* 7.4.2.1.1: crop units are chroma samples, and field lines when pictures may be fields. */
static void read_size(struct bits *b, struct avc_sps *sps)
{
    uint64_t width = (bits_ue(b) + 1ULL) * 16;
    uint64_t height = (bits_ue(b) + 1ULL) * 16;
    sps->interlaced = !bits_u1(b); /* frame_mbs_only_flag */
    if (sps->interlaced) {
        height *= 2;
        bits_u1(b); /* mb_adaptive_frame_field_flag */
    }
    bits_u1(b); /* direct_8x8_inference_flag */
    uint64_t crop_x = 0, crop_y = 0;
    if (bits_u1(b)) {
        unsigned unit_x = sps->chroma_format_idc == 1 || sps->chroma_format_idc == 2 ? 2 : 1;
        unsigned unit_y = (sps->chroma_format_idc == 1 ? 2 : 1) * (sps->interlaced ? 2 : 1);
        crop_x = ((uint64_t)bits_ue(b) + bits_ue(b)) * unit_x;
        crop_y = ((uint64_t)bits_ue(b) + bits_ue(b)) * unit_y;
    }
    if (width > AVC_SIZE_MAX || height > AVC_SIZE_MAX || crop_x >= width || crop_y >= height) {
        b->bad = true;
        return;
    }
    sps->width = (uint32_t)(width - crop_x);
    sps->height = (uint32_t)(height - crop_y);
}

/* Annex E.1.1, up to the timing. */
static void read_vui(struct bits b, struct avc_sps *sps)
{
    enum { EXTENDED_SAR = 255 };
    if (bits_u1(&b) && bits_u(&b, 8) == EXTENDED_SAR)
        bits_skip(&b, 32);
    if (bits_u1(&b))
        bits_u1(&b); /* overscan_appropriate_flag */
    if (bits_u1(&b)) {
        bits_skip(&b, 4); /* video_format, video_full_range_flag */
        if (bits_u1(&b))
            bits_skip(&b, 24); /* colour description */
    }
    if (bits_u1(&b)) {
        bits_ue(&b); /* chroma_sample_loc_type */
        bits_ue(&b);
    }
    if (!bits_u1(&b))
        return;
    uint32_t units = bits_u(&b, 32);
    uint32_t scale = bits_u(&b, 32);
    if (b.bad || units == 0 || scale == 0 || units > UINT32_MAX / 2)
        return;
    sps->fps_num = scale;
    sps->fps_den = units * 2; /* A tick is a field. */
}

bool avc_sps_parse(struct nalu nalu, struct avc_sps *sps)
{
    *sps = (struct avc_sps){ .chroma_format_idc = 1, .bit_depth = 8, .bit_depth_chroma = 8 };
    if (nalu.len < 1 || avc_nalu_type(nalu) != AVC_NALU_SPS)
        return false;
    struct bits b = bits_over_rbsp(nalu.p + 1, nalu.len - 1);
    sps->profile_idc = (uint8_t)bits_u(&b, 8);
    sps->constraints = (uint8_t)bits_u(&b, 8);
    sps->level_idc = (uint8_t)bits_u(&b, 8);
    bits_ue_max(&b, 31); /* seq_parameter_set_id */
    if (sps_has_chroma(sps->profile_idc))
        read_chroma(&b, sps);
    bits_ue_max(&b, 12); /* log2_max_frame_num_minus4 */
    skip_picture_order(&b);
    bits_ue_max(&b, 16); /* max_num_ref_frames */
    bits_u1(&b);         /* gaps_in_frame_num_value_allowed_flag */
    read_size(&b, sps);
    bool has_vui = bits_u1(&b);
    if (b.bad)
        return false;
    if (has_vui)
        read_vui(b, sps);
    return true;
}

/* ---- names ---- */

const char *avc_profile_name(unsigned profile_idc, unsigned constraints)
{
    bool intra = constraints & CONSTRAINT_SET3; /* A.2.8 to A.2.10 */
    switch (profile_idc) {
    case 66: return constraints & CONSTRAINT_SET1 ? "Baseline(Constrained)" : "Baseline";
    case 77: return "Main";
    case 88: return "Extended";
    case 100: return "High";
    case 110: return intra ? "High(10+Intra)" : "High(10)";
    case 122: return intra ? "High(422+Intra)" : "High(422)";
    case 144: return "High(444)"; /* A profile of the first edition, withdrawn since. */
    case 244: return intra ? "High(444+Intra)" : "High(444+Predictive)";
    default: return "Other";
    }
}

const char *avc_level_name(unsigned profile_idc, unsigned constraints, unsigned level_idc)
{
    static const char *const names[] = {
        [9] = "1b",   [10] = "1",   [11] = "1.1", [12] = "1.2", [13] = "1.3", [20] = "2",   [21] = "2.1",
        [22] = "2.2", [30] = "3",   [31] = "3.1", [32] = "3.2", [40] = "4",   [41] = "4.1", [42] = "4.2",
        [50] = "5",   [51] = "5.1", [52] = "5.2", [60] = "6",   [61] = "6.1", [62] = "6.2",
    };
    /* A.3.1: constraint_set3_flag makes 1b of level_idc 11 in the three oldest profiles. */
    if (level_idc == 11 && constraints & CONSTRAINT_SET3 &&
        (profile_idc == 66 || profile_idc == 77 || profile_idc == 88))
        return "1b";
    return level_idc < ARRAY_LEN(names) && names[level_idc] ? names[level_idc] : "Other";
}
