#include "kernel/mp4/cbcs.h"

#include "kernel/avc.h"
#include "kernel/hevc.h"
#include "kernel/mp4/box.h"
#include "kernel/nalu.h"
#include "kernel/parameter_sets.h"

enum {
    CRYPT_BLOCKS = 1,
    SKIP_BLOCKS = 9,
    CLEAR_MAX = UINT16_MAX,
};

bool cbcs_protects(enum codec codec)
{
    return codec_kind(codec) == FRAME_AUDIO || codec == CODEC_H264 || codec == CODEC_HEVC;
}

/* ---- subsamples ---- */

static bool is_slice(struct nalu n, bool hevc)
{
    return hevc ? hevc_nalu_type(n) <= HEVC_NALU_VCL_LAST : avc_nalu_type(n) >= 1 && avc_nalu_type(n) <= AVC_NALU_IDR;
}

/* The number of entries that so many clear bytes take. */
static size_t entries_of(size_t clear)
{
    return (clear + CLEAR_MAX - 1) / CLEAR_MAX;
}

static void add_clear(struct cbcs_subsamples *s, size_t clear)
{
    for (; clear > CLEAR_MAX; clear -= CLEAR_MAX)
        s->of[s->n++] = (struct cbcs_subsample){ CLEAR_MAX, 0 };
    s->of[s->n++] = (struct cbcs_subsample){ (uint16_t)clear, 0 };
}

static size_t room(const struct cbcs_subsamples *s)
{
    return CBCS_SUBSAMPLES_MAX - s->n;
}

/* Add the slices of a picture, up to the last one behind which the rest still fits. Returns the end of that. */
static size_t add_slices(struct cbcs_subsamples *s, const struct frame *config, const uint8_t *sample, size_t len)
{
    struct rd             r = rd_over(sample, len);
    struct nalu           n;
    struct parameter_sets sets;
    size_t                at = 0;
    if (!parameter_sets_open(&sets, config))
        return 0;
    while (nalu_next_avcc(&r, sets.length_size, &n)) {
        size_t begin = (size_t)(n.p - sample) + CBCS_CLEAR_LEN, end = (size_t)(n.p - sample) + n.len;
        if (!is_slice(n, config->codec == CODEC_HEVC) || n.len < CBCS_CLEAR_LEN + CBCS_BLOCK)
            continue;
        if (entries_of(begin - at) + entries_of(len - end) > room(s))
            break;
        add_clear(s, begin - at);
        s->of[s->n - 1].hidden = (uint32_t)(end - begin);
        at = end;
    }
    return at;
}

void cbcs_split(struct cbcs_subsamples *s, const struct frame *config, const uint8_t *sample, size_t len)
{
    s->n = 0;
    if (config->kind == FRAME_AUDIO)
        return;
    size_t at = add_slices(s, config, sample, len), rest = len - at, most = room(s) * (size_t)CLEAR_MAX;
    if (rest == 0 && s->n)
        return;
    add_clear(s, rest < most ? rest : most);
    if (rest > most) /* More clear bytes than can be told: no picture has them, so it does not matter what they are. */
        s->of[s->n - 1].hidden = (uint32_t)(rest - most);
}

/* ---- the cipher ---- */

/* Encrypt the blocks of a pattern. They are collected, because the cipher is fast for many blocks. */
static void encrypt_pattern(const struct cbcs *cbcs, uint8_t *bytes, size_t len)
{
    enum { STRIDE = (CRYPT_BLOCKS + SKIP_BLOCKS) * CBCS_BLOCK, BLOCKS = 64 };
    uint8_t blocks[BLOCKS * CBCS_BLOCK], iv[CBCS_BLOCK];
    size_t  left = len < CBCS_BLOCK ? 0 : (len - CBCS_BLOCK) / STRIDE + 1;
    memcpy(iv, cbcs->iv, sizeof iv);
    while (left) {
        size_t n = left < BLOCKS ? left : BLOCKS;
        for (size_t i = 0; i < n; i++)
            memcpy(blocks + i * CBCS_BLOCK, bytes + i * STRIDE, CBCS_BLOCK);
        cbcs->encrypt(cbcs->ctx, iv, blocks, n * CBCS_BLOCK);
        for (size_t i = 0; i < n; i++)
            memcpy(bytes + i * STRIDE, blocks + i * CBCS_BLOCK, CBCS_BLOCK);
        memcpy(iv, blocks + (n - 1) * CBCS_BLOCK, sizeof iv);
        left -= n;
        bytes += left ? n * STRIDE : 0;
    }
}

void cbcs_encrypt(const struct cbcs *cbcs, const struct cbcs_subsamples *s, uint8_t *sample, size_t len)
{
    size_t whole = len - len % CBCS_BLOCK;
    if (s->n == 0 && whole)
        cbcs->encrypt(cbcs->ctx, cbcs->iv, sample, whole);
    for (unsigned i = 0; i < s->n; i++) {
        sample += s->of[i].clear;
        encrypt_pattern(cbcs, sample, s->of[i].hidden);
        sample += s->of[i].hidden;
    }
}

/* ---- boxes ---- */

size_t cbcs_boxes_len(size_t n_samples, size_t info_len)
{
    size_t senc = MP4_FULL_BOX_HEADER_LEN + 4 + info_len, saiz = MP4_FULL_BOX_HEADER_LEN + 1 + 4 + n_samples;
    return senc + saiz + MP4_FULL_BOX_HEADER_LEN + 4 + 4;
}

size_t cbcs_begin_senc(struct wr *w, uint32_t n_samples)
{
    enum { SUBSAMPLES = 2 };
    size_t senc = mp4_full_box_begin(w, "senc", 0, SUBSAMPLES);
    wr_u32(w, n_samples);
    return senc;
}

void cbcs_write_info(struct wr *w, const struct cbcs_subsamples *s)
{
    wr_u16(w, (uint16_t)s->n);
    for (unsigned i = 0; i < s->n; i++) {
        wr_u16(w, s->of[i].clear);
        wr_u32(w, s->of[i].hidden);
    }
}

size_t cbcs_begin_saiz(struct wr *w, uint32_t n_samples)
{
    size_t saiz = mp4_full_box_begin(w, "saiz", 0, 0);
    wr_u8(w, 0); /* default_sample_info_size: they differ */
    wr_u32(w, n_samples);
    return saiz;
}

void cbcs_write_saio(struct wr *w, uint32_t info_at)
{
    size_t saio = mp4_full_box_begin(w, "saio", 0, 0);
    wr_u32(w, 1);
    wr_u32(w, info_at);
    mp4_box_end(w, saio);
}

static void write_tenc(const struct cbcs *cbcs, struct wr *w, bool is_video)
{
    size_t tenc = mp4_full_box_begin(w, "tenc", 1, 0);
    wr_u8(w, 0);
    wr_u8(w, is_video ? CRYPT_BLOCKS << 4 | SKIP_BLOCKS : 0);
    wr_u8(w, 1); /* default_isProtected */
    wr_u8(w, 0); /* default_Per_Sample_IV_Size: the IV is constant */
    wr_bytes(w, cbcs->key_id, sizeof cbcs->key_id);
    wr_u8(w, sizeof cbcs->iv);
    wr_bytes(w, cbcs->iv, sizeof cbcs->iv);
    mp4_box_end(w, tenc);
}

void cbcs_write_sinf(const struct cbcs *cbcs, struct wr *w, const char *format, bool is_video)
{
    enum { SCHEME_VERSION = 0x10000 };
    size_t sinf = mp4_box_begin(w, "sinf");
    size_t frma = mp4_box_begin(w, "frma");
    wr_bytes(w, format, 4);
    mp4_box_end(w, frma);
    size_t schm = mp4_full_box_begin(w, "schm", 0, 0);
    wr_bytes(w, "cbcs", 4);
    wr_u32(w, SCHEME_VERSION);
    mp4_box_end(w, schm);
    size_t schi = mp4_box_begin(w, "schi");
    write_tenc(cbcs, w, is_video);
    mp4_box_end(w, schi);
    mp4_box_end(w, sinf);
}
