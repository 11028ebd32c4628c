/**
 * Common encryption of samples with the scheme "cbcs", which Apple's players call SAMPLE-AES: AES-128 in CBC mode with a constant
 * IV. Of pictures (H.264, HEVC) one block of ten is encrypted, and the headers of all NAL units and slices stay clear; of sound
 * all whole blocks are. The last bytes of a range that fill no block stay clear.
 *
 * The cipher is the caller's: this code chooses the blocks, and begins the chain again in each sample and in each subsample.
 *
 * The length of a slice header is not known without its parameter sets, so a bound takes its place: the first CBCS_CLEAR_LEN bytes
 * of each slice stay clear.
 *
 * Source     ISO/IEC 23001-7 7.2 (senc), 8.2 (tenc), 9.5 (subsamples), 9.6 (patterns), 9.7 (whole-block full sample), 10.4 (cbcs);
 *            ISO/IEC 14496-12 8.12 (sinf), 8.7.8, 8.7.9 (saiz, saio)
 * Yields     no
 */
#ifndef KERNEL_MP4_CBCS_H
#define KERNEL_MP4_CBCS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/wr.h"
#include "kernel/frame.h"

enum {
    CBCS_BLOCK = 16,
    CBCS_CLEAR_LEN = 160,     /* a header with weights for 16 references takes about 100 bytes */
    CBCS_SUBSAMPLES_MAX = 42, /* 8.7.8: the size of a sample's information has 8 bits: 2 + 6 * 42 */
};

struct cbcs {
    uint8_t key_id[16];
    uint8_t iv[CBCS_BLOCK];

    /** Encrypt `len` bytes, a multiple of 16, in place: AES-128 in CBC mode without padding. The chain begins with `iv`. */
    void (*encrypt)(void *ctx, const uint8_t iv[CBCS_BLOCK], uint8_t *blocks, size_t len);
    void *ctx;
};

/* Bytes that stay clear, and bytes after them of which the pattern encrypts some. */
struct cbcs_subsample {
    uint16_t clear;
    uint32_t hidden;
};

struct cbcs_subsamples {
    unsigned              n; /* 0: the sample is a sound */
    struct cbcs_subsample of[CBCS_SUBSAMPLES_MAX];
};

/** True if this code can encrypt the codec: all sound; H.264, HEVC. */
bool cbcs_protects(enum codec codec);

/**
 * Find the subsamples of a sample.
 *
 * Shape      config: the configuration of the track, which tells the size of NAL unit lengths
 * Rules      A picture with more slices than fit is encrypted as far as they do. Bytes that are no NAL units stay clear.
 */
void cbcs_split(struct cbcs_subsamples *s, const struct frame *config, const uint8_t *sample, size_t len);

/** Encrypt a sample in place. */
void cbcs_encrypt(const struct cbcs *cbcs, const struct cbcs_subsamples *s, uint8_t *sample, size_t len);

/* ---- boxes ---- */

enum { CBCS_SINF_LEN = 97 };

/** Write the box that makes a sample entry, whose type is then "encv" or "enca", that of this format: CBCS_SINF_LEN bytes. */
void cbcs_write_sinf(const struct cbcs *cbcs, struct wr *w, const char *format, bool is_video);

/** The bytes of a sample with `n` subsamples in senc. */
static inline size_t cbcs_info_len(unsigned n)
{
    return 2 + 6 * (size_t)n;
}

/** The number of bytes of senc, saiz and saio for samples of which the information has `info_len` bytes together. */
size_t cbcs_boxes_len(size_t n_samples, size_t info_len);

/**
 * Begin senc; cbcs_write_info() follows for each sample, and mp4_box_end() with what this returns. The information begins
 * CBCS_SENC_HEAD_LEN bytes behind it.
 */
size_t cbcs_begin_senc(struct wr *w, uint32_t n_samples);
void   cbcs_write_info(struct wr *w, const struct cbcs_subsamples *s);

enum { CBCS_SENC_HEAD_LEN = 16 };

/** Begin saiz; a byte with cbcs_info_len() follows for each sample, and mp4_box_end(). */
size_t cbcs_begin_saiz(struct wr *w, uint32_t n_samples);

/** Write saio. info_at: the offset of the information in senc, from the beginning of moof. */
void cbcs_write_saio(struct wr *w, uint32_t info_at);

#endif
