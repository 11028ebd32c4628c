/* H.264 and HEVC: NAL units alone, together in a packet, or in fragments. */
#include "kernel/avc.h"
#include "kernel/hevc.h"
#include "kernel/nalu.h"
#include "kernel/nalu_form.h"
#include "protocol/rtc/packing.h"
#include "protocol/rtc/rtp.h"

/* RFC 6184 5.2: types of a payload with several units, and with a fragment. RFC 7798 4.4: the same. */
enum { AVC_STAP_A = 24, AVC_FU_A = 28, HEVC_AP = 48, HEVC_FU = 49 };

/* Bits of a fragment's own header: RFC 6184 5.8, RFC 7798 4.4.3. */
enum { FU_START = 0x80, FU_END = 0x40 };

/* H.264 7.4.1: filler data; the last type of a slice. H.265 7.4.2.2: ends, filler data, SEI behind the picture, leading pictures. */
enum { AVC_FILLER = 12, AVC_SLICE_LAST = 5 };
enum { HEVC_EOS = 36, HEVC_EOB = 37, HEVC_FILLER = 38, HEVC_SUFFIX_SEI = 40, HEVC_RADL_N = 6, HEVC_RASL_R = 9 };
enum { HEVC_NON_REFERENCE_LAST = 14 };

/* Most units of one packet; more begin the next one. */
enum { TOGETHER_MAX = 32 };

/* Units that wait for others, to go out in one packet. */
struct together {
    const struct rtp_packer *p;
    struct rtp_payloads     *out;
    bool                     hevc;
    struct nalu              units[TOGETHER_MAX];
    size_t                   n, len; /* `len`: of their payload */
    bool                     is_droppable;
};

static size_t head_len(const struct together *t)
{
    return t->hevc ? 2 : 1;
}

static bool is_slice(const struct together *t, struct nalu n)
{
    unsigned type = t->hevc ? hevc_nalu_type(n) : avc_nalu_type(n);
    return t->hevc ? type <= HEVC_NALU_VCL_LAST : type >= 1 && type <= AVC_SLICE_LAST;
}

/* ---- payloads ---- */

/* RFC 6184 5.7.1: the header has the highest NRI of the units, and F if any has it. */
static void add_stap_head(struct together *t)
{
    uint8_t forbidden = 0, importance = 0;
    for (size_t i = 0; i < t->n; i++) {
        uint8_t head = t->units[i].p[0];
        forbidden |= head & 0x80;
        importance = (head & 0x60) > importance ? head & 0x60 : importance;
    }
    packing_add_u8(t->out, forbidden | importance | AVC_STAP_A);
}

/* RFC 7798 4.4.2: the header has the lowest layer and the lowest TemporalId of the units. */
static void add_ap_head(struct together *t)
{
    unsigned layer = 63, temporal = 7;
    for (size_t i = 0; i < t->n; i++) {
        const uint8_t *p = t->units[i].p;
        unsigned       of_unit = (p[0] & 1U) << 5 | p[1] >> 3;
        layer = of_unit < layer ? of_unit : layer;
        temporal = (p[1] & 7U) < temporal ? p[1] & 7U : temporal;
    }
    packing_add_u16(t->out, (uint16_t)(HEVC_AP << 9 | layer << 3 | temporal));
}

static void flush(struct together *t)
{
    if (t->n == 0)
        return;
    packing_begin(t->out);
    if (t->n == 1) {
        packing_add(t->out, t->units[0].p, t->units[0].len);
    } else {
        t->hevc ? add_ap_head(t) : add_stap_head(t);
        for (size_t i = 0; i < t->n; i++) {
            packing_add_u16(t->out, (uint16_t)t->units[i].len);
            packing_add(t->out, t->units[i].p, t->units[i].len);
        }
    }
    t->n = 0;
    t->len = 0;
}

static void cut(struct together *t, struct nalu n)
{
    size_t head = head_len(t), len = n.len - head, piece;
    size_t n_pieces = packing_pieces(len, RTP_PAYLOAD_MAX - head - 1, &piece);
    for (size_t i = 0; i < n_pieces; i++) {
        size_t   at = i * piece, of_piece = len - at < piece ? len - at : piece;
        unsigned flags = (i == 0 ? FU_START : 0U) | (i + 1 == n_pieces ? FU_END : 0U);
        packing_begin(t->out);
        if (t->hevc) {
            packing_add_u8(t->out, (uint8_t)((n.p[0] & 0x81) | HEVC_FU << 1));
            packing_add_u8(t->out, n.p[1]);
        } else {
            packing_add_u8(t->out, (n.p[0] & 0xe0) | AVC_FU_A);
        }
        packing_add_u8(t->out, (uint8_t)(flags | (t->hevc ? hevc_nalu_type(n) : avc_nalu_type(n))));
        packing_add(t->out, n.p + head + at, of_piece);
    }
}

static void add(struct together *t, struct nalu n)
{
    bool   is_alone = is_slice(t, n) && !t->p->merge_nalus;
    size_t len = 2 + n.len;
    if (t->n == TOGETHER_MAX || is_alone || t->len + len > RTP_PAYLOAD_MAX)
        flush(t);
    if (n.len > RTP_PAYLOAD_MAX) {
        cut(t, n);
        return;
    }
    if (t->n == 0)
        t->len = head_len(t);
    t->units[t->n++] = n;
    t->len += len;
    if (is_alone)
        flush(t);
}

/* ---- which units ---- */

static bool is_left_out(const struct together *t, struct nalu n)
{
    if (t->hevc) {
        unsigned type = hevc_nalu_type(n);
        bool     is_sei = type == HEVC_NALU_SEI || type == HEVC_SUFFIX_SEI;
        bool     is_end = type == HEVC_EOS || type == HEVC_EOB || type == HEVC_FILLER || type == HEVC_NALU_AUD;
        return n.len < 2 || is_end || type >= HEVC_AP || (is_sei && !t->p->keep_sei); /* RFC 7798 1.1.4: as for H.264 */
    }
    switch (avc_nalu_type(n)) {
    case 0:
    case AVC_NALU_AUD:
    case AVC_NALU_END_OF_SEQUENCE:
    case AVC_NALU_END_OF_STREAM:
    case AVC_FILLER: return true;
    case AVC_NALU_SEI: return !t->p->keep_sei;
    default: return avc_nalu_type(n) >= AVC_STAP_A; /* RFC 6184 5.2: these numbers have other meanings in RTP. */
    }
}

/*
 * True if no picture that stays needs the slice. H.264: no other picture refers to it. HEVC: leading pictures are needed by other
 * leading pictures alone (H.265 7.4.2.2), which are all left out; others are needed by nothing if they are in the highest layer.
 */
static bool is_needless(const struct together *t, struct nalu n)
{
    if (!t->hevc)
        return (n.p[0] & 0x60) == 0;
    unsigned type = hevc_nalu_type(n), temporal = (n.p[1] & 7U) - 1U;
    if (type >= HEVC_RADL_N && type <= HEVC_RASL_R)
        return true;
    return type <= HEVC_NON_REFERENCE_LAST && type % 2 == 0 && temporal == t->p->top_layer;
}

static void add_avc_sets(struct together *t, const struct frame *config)
{
    struct avc_config c;
    struct nalu       n;
    if (!avc_config_parse(config->data + config->media_offset, config->media_len, &c))
        return;
    while (nalu_next_avcc(&c.sps, 2, &n))
        add(t, n);
    while (nalu_next_avcc(&c.pps, 2, &n))
        add(t, n);
}

static void add_hevc_sets(struct together *t, const struct frame *config)
{
    struct hevc_config c;
    struct nalu        n;
    if (!hevc_config_parse(config->data + config->media_offset, config->media_len, &c))
        return;
    struct hevc_config_walk walk = hevc_config_open(&c);
    while (hevc_config_next(&walk, &n))
        if (!is_left_out(t, n))
            add(t, n);
}

static bool has_own_sets(const struct together *t, const struct frame *f)
{
    struct rd   r = rd_over(f->data + f->media_offset, f->media_len);
    struct nalu n;
    while (nalu_form_next(&r, f->nalu_form, &n))
        if (t->hevc ? hevc_nalu_type(n) == HEVC_NALU_SPS : avc_nalu_type(n) == AVC_NALU_SPS)
            return true;
    return false;
}

bool pack_nalus(const struct rtp_packer *p, const struct frame *f, struct rtp_payloads *out)
{
    struct together t = { .p = p, .out = out, .hevc = f->codec == CODEC_HEVC, .is_droppable = true };
    struct rd       r = rd_over(f->data + f->media_offset, f->media_len);
    struct nalu     n;
    if (f->nalu_form == NALU_UNTOLD)
        return false;
    if ((f->key || f->idr) && p->config && !has_own_sets(&t, f))
        t.hevc ? add_hevc_sets(&t, p->config) : add_avc_sets(&t, p->config);
    while (nalu_form_next(&r, f->nalu_form, &n) && !out->bytes.fault) {
        if (is_left_out(&t, n))
            continue;
        if (is_slice(&t, n))
            t.is_droppable &= is_needless(&t, n);
        add(&t, n);
    }
    flush(&t);
    out->is_droppable = t.is_droppable;
    return !r.bad;
}
