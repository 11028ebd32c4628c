#include "kernel/nalu_form.h"

#include "kernel/nalu.h"

/* ---- what configurations tell ---- */

static enum nalu_form form_of_config(const uint8_t *bytes, size_t len, bool hevc)
{
    enum { AVC_LENGTH_SIZE_AT = 4, HEVC_LENGTH_SIZE_AT = 21 };
    size_t at = hevc ? HEVC_LENGTH_SIZE_AT : AVC_LENGTH_SIZE_AT;
    if (nalu_begins_with_start_code(bytes, len))
        return NALU_ANNEXB;
    return len > at ? (enum nalu_form)((bytes[at] & 3) + 1) : NALU_UNTOLD;
}

void nalu_forms_learn(struct nalu_forms *forms, const struct frame *config)
{
    if (!forms || config->track >= NALU_TRACKS_MAX)
        return;
    enum nalu_form form =
        form_of_config(config->data + config->media_offset, config->media_len, config->codec == CODEC_HEVC);
    forms->tracks[config->track].codec = config->codec;
    forms->tracks[config->track].form = (uint8_t)form;
    forms->tracks[config->track].is_converted = false;
}

enum nalu_form nalu_forms_told(const struct nalu_forms *forms, const struct frame *f)
{
    if (!forms || f->track >= NALU_TRACKS_MAX || forms->tracks[f->track].codec != f->codec)
        return NALU_UNTOLD;
    return (enum nalu_form)forms->tracks[f->track].form;
}

/* ---- headers ---- */

/* True if a NAL unit may be the first of an access unit in FLV (H.264 7.3.1); other types never are. */
static bool avc_may_begin(struct nalu n)
{
    enum { FORBIDDEN = 0x80, REF_IDC = 0x60 };
    unsigned type = avc_nalu_type(n);
    if (n.p[0] & FORBIDDEN)
        return false;
    switch (type) {
    case 1:
    case AVC_NALU_SEI:
    case AVC_NALU_SPS:
    case AVC_NALU_PPS:
    case AVC_NALU_AUD:
    case 12:
    case 14:
    case 15:
    case 19:
    case 20: return n.len > 1;
    case AVC_NALU_IDR: return n.len > 1 && (n.p[0] & REF_IDC);
    case AVC_NALU_END_OF_SEQUENCE:
    case AVC_NALU_END_OF_STREAM: return true; /* Only these two may be a header alone. */
    default: return false;
    }
}

static bool avc_is_possible(struct nalu n)
{
    return !(n.p[0] & 0x80) && avc_nalu_type(n) >= 1 && avc_nalu_type(n) <= 23;
}

/* H.265 7.3.1.2: forbidden_zero_bit is 0, and nuh_temporal_id_plus1 is never 0. */
static bool hevc_is_possible(struct nalu n)
{
    return n.len >= 2 && !(n.p[0] & 0x80) && (n.p[1] & 7);
}

/* True if a NAL unit may be the first of an access unit: nuh_layer_id is that of the base layer. */
static bool hevc_may_begin(struct nalu n)
{
    return hevc_is_possible(n) && !(n.p[0] & 1) && n.p[1] >> 3 == 0;
}

static bool may_begin(struct nalu n, bool hevc)
{
    return hevc ? hevc_may_begin(n) : avc_may_begin(n);
}

static bool is_possible(struct nalu n, bool hevc)
{
    return hevc ? hevc_is_possible(n) : avc_is_possible(n);
}

static bool is_slice(struct nalu n, bool hevc)
{
    return hevc ? hevc_nalu_type(n) <= HEVC_NALU_VCL_LAST : avc_nalu_type(n) == 1 || avc_nalu_type(n) == AVC_NALU_IDR;
}

/* True for the first slice of a picture: first_mb_in_slice 0 is coded as a 1 bit, and so is first_slice_segment_in_pic_flag. */
static bool begins_picture(struct nalu slice, bool hevc)
{
    size_t at = hevc ? 2 : 1;
    return slice.len > at && (slice.p[at] & 0x80);
}

/* ---- the two readings ---- */

struct first_length {
    bool        cut; /* The NAL unit reaches beyond the bytes. */
    struct nalu nalu;
};

/*
 * Read the first NAL unit by its length, as far as it is there. Empty NAL units before it are accepted only with lengths of four
 * bytes: with shorter lengths a start code would look like empty units, which no encoder sends.
 */
static struct first_length first_by_length(const uint8_t *bytes, size_t len, unsigned size)
{
    struct rd r = rd_over(bytes, len);
    size_t    told = 0;
    do {
        told = 0;
        for (unsigned i = 0; i < size; i++)
            told = told << 8 | rd_u8(&r);
    } while (!told && size == NALU_LENGTHS_4 && !r.bad);
    size_t left = rd_left(&r);
    bool   cut = told > left;
    return (struct first_length){ cut, { r.p, cut ? left : told } };
}

/* True if the lengths explain every byte. */
static bool lengths_are_whole(const uint8_t *bytes, size_t len, unsigned size)
{
    return nalu_is_avcc(bytes, len, size) && first_by_length(bytes, len, size).nalu.len > 0;
}

struct annexb {
    bool is_possible; /* The headers of all NAL units are possible. */
    bool leads;       /* The first slice is the first of its picture. */
};

static struct annexb read_annexb(const uint8_t *bytes, size_t len, bool hevc)
{
    struct rd     r = rd_over(bytes, len);
    struct nalu   nalu;
    struct annexb a = { 0 };
    bool          sliced = false, first = true;
    while (nalu_next_annexb(&r, &nalu)) {
        if (!(first && hevc ? hevc_may_begin(nalu) : is_possible(nalu, hevc)))
            return (struct annexb){ 0 };
        if (!sliced && is_slice(nalu, hevc)) {
            sliced = true;
            a.leads = begins_picture(nalu, hevc);
        }
        first = false;
    }
    a.is_possible = !first;
    return a;
}

static bool is_certain_annexb(const uint8_t *bytes, size_t len, bool hevc, unsigned size)
{
    if (!nalu_begins_with_start_code(bytes, len) || lengths_are_whole(bytes, len, size))
        return false;
    struct first_length first = first_by_length(bytes, len, size);
    struct annexb       a = read_annexb(bytes, len, hevc);
    bool                header_cannot_be = first.nalu.len == 0 || !may_begin(first.nalu, hevc);
    return a.is_possible && (header_cannot_be || (first.cut && a.leads));
}

enum nalu_form nalu_form_of_picture(const uint8_t *bytes, size_t len, bool hevc, enum nalu_form told)
{
    unsigned size = told >= NALU_LENGTHS_1 && told <= NALU_LENGTHS_4 ? told : NALU_LENGTHS_4;
    if (told == NALU_ANNEXB && nalu_begins_with_start_code(bytes, len))
        return nalu_is_avcc(bytes, len, NALU_LENGTHS_4) ? NALU_LENGTHS_4 : NALU_ANNEXB;
    if (is_certain_annexb(bytes, len, hevc, size))
        return NALU_ANNEXB;
    if (told == NALU_UNTOLD && !nalu_is_avcc(bytes, len, NALU_LENGTHS_4)) {
        if (lengths_are_whole(bytes, len, NALU_LENGTHS_2))
            return NALU_LENGTHS_2;
        if (lengths_are_whole(bytes, len, NALU_LENGTHS_1))
            return NALU_LENGTHS_1;
    }
    return (enum nalu_form)size;
}

bool nalu_form_next(struct rd *r, enum nalu_form form, struct nalu *nalu)
{
    return form == NALU_ANNEXB ? nalu_next_annexb(r, nalu) : nalu_next_avcc(r, form, nalu);
}

bool nalu_holds_idr(const uint8_t *bytes, size_t len, bool hevc, enum nalu_form form)
{
    struct rd   r = rd_over(bytes, len);
    struct nalu nalu;
    while (nalu_form_next(&r, form, &nalu))
        if (hevc ? hevc_nalu_is_irap(nalu) : avc_nalu_type(nalu) == AVC_NALU_IDR)
            return true;
    return false;
}
