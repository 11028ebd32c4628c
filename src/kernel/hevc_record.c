#include "kernel/bits.h"
#include "kernel/hevc.h"

/* The NAL units of one type in Annex B. */
struct sets {
    struct nalu first;
    unsigned    n;
    bool        too_long;
};

static struct sets find_sets(const uint8_t *annexb, size_t len, enum hevc_nalu_type type)
{
    struct rd   r = rd_over(annexb, len);
    struct sets sets = { 0 };
    struct nalu nalu;
    while (nalu_next_annexb(&r, &nalu)) {
        if (hevc_nalu_type(nalu) != type)
            continue;
        if (sets.n++ == 0)
            sets.first = nalu;
        sets.too_long |= nalu.len > HEVC_PARAMETER_SET_MAX || sets.n > HEVC_PARAMETER_SET_MAX;
    }
    return sets;
}

static void write_sets(struct wr *w, const uint8_t *annexb, size_t len, enum hevc_nalu_type type, unsigned n)
{
    enum { ARRAY_COMPLETENESS = 0x80 };
    struct rd   r = rd_over(annexb, len);
    struct nalu nalu;
    wr_u8(w, (uint8_t)(ARRAY_COMPLETENESS | type));
    wr_u16(w, (uint16_t)n);
    while (nalu_next_annexb(&r, &nalu)) {
        if (hevc_nalu_type(nalu) != type)
            continue;
        wr_u16(w, (uint16_t)nalu.len);
        wr_bytes(w, nalu.p, nalu.len);
    }
}

/* Copy profile space, tier, profile, compatibility, constraints and level, which have the same form in record and SPS (7.3.3). */
static void write_profile(struct wr *w, struct nalu sps)
{
    enum { NALU_HEADER_LEN = 2, PROFILE_LEN = 12 };
    struct bits b = bits_over_rbsp(sps.p + NALU_HEADER_LEN, sps.len - NALU_HEADER_LEN);
    bits_u(&b, 8); /* sps_video_parameter_set_id, sps_max_sub_layers_minus1, sps_temporal_id_nesting_flag */
    for (unsigned i = 0; i < PROFILE_LEN; i++)
        wr_u8(w, (uint8_t)bits_u(&b, 8));
}

static void write_head(struct wr *w, struct nalu nalu, const struct hevc_sps *sps)
{
    enum { LENGTH_SIZE_MINUS_ONE = 3, N_ARRAYS = 3 };
    wr_u8(w, 1); /* configurationVersion */
    write_profile(w, nalu);
    wr_u16(w, 0xF000); /* min_spatial_segmentation_idc: not told */
    wr_u8(w, 0xFC);    /* parallelismType: not told */
    wr_u8(w, (uint8_t)(0xFC | sps->chroma_format_idc));
    wr_u8(w, (uint8_t)(0xF8 | (sps->bit_depth - 8)));
    wr_u8(w, (uint8_t)(0xF8 | (sps->bit_depth_chroma - 8)));
    wr_u16(w, 0); /* avgFrameRate: not told */
    wr_u8(w, (uint8_t)(sps->n_sub_layers << 3 | sps->is_nested << 2 | LENGTH_SIZE_MINUS_ONE));
    wr_u8(w, N_ARRAYS);
}

bool hevc_config_write_from_annexb(struct wr *w, const uint8_t *annexb, size_t len)
{
    struct sets     vps = find_sets(annexb, len, HEVC_NALU_VPS), sps = find_sets(annexb, len, HEVC_NALU_SPS);
    struct sets     pps = find_sets(annexb, len, HEVC_NALU_PPS);
    struct hevc_sps read;
    if (!vps.n || !sps.n || !pps.n || vps.too_long || sps.too_long || pps.too_long || !hevc_sps_parse(sps.first, &read))
        return false;
    write_head(w, sps.first, &read);
    write_sets(w, annexb, len, HEVC_NALU_VPS, vps.n);
    write_sets(w, annexb, len, HEVC_NALU_SPS, sps.n);
    write_sets(w, annexb, len, HEVC_NALU_PPS, pps.n);
    return true;
}
