#include "kernel/flac.h"

#include "core/rd.h"

enum { STREAMINFO = 0, BLOCK_MIN = 16 };

bool flac_info_parse(const uint8_t *bytes, size_t len, struct flac_info *info)
{
    struct rd r = rd_over(bytes, len);
    *info = (struct flac_info){ 0 };
    if (len != FLAC_STREAMINFO_LEN) {
        if (len >= 4 && memcmp(bytes, "fLaC", 4) == 0)
            rd_u32(&r);
        uint8_t  type = rd_u8(&r) & 0x7f; /* the top bit: last metadata block */
        uint32_t block_len = rd_u24(&r);
        r.bad |= type != STREAMINFO || block_len != FLAC_STREAMINFO_LEN;
    }
    info->streaminfo = r.p;
    info->block_min = rd_u16(&r);
    info->block_max = rd_u16(&r);
    rd_u24(&r); /* smallest and largest frame */
    rd_u24(&r);
    uint64_t packed = rd_u64(&r); /* rate 20, channels - 1 3, bits - 1 5, samples 36 */
    rd_bytes(&r, 16);             /* MD5 */
    info->sample_rate = (uint32_t)(packed >> 44);
    info->channels = (uint8_t)((packed >> 41 & 7) + 1);
    info->sample_bits = (uint8_t)((packed >> 36 & 31) + 1);
    return !r.bad && info->sample_rate != 0 && info->block_min >= BLOCK_MIN && info->block_max >= info->block_min;
}

/* ---- frames ---- */

/* Skip the number of the frame, or of its first sample: the leading ones of the first byte tell its length, as in UTF-8. */
static void skip_coded_number(struct rd *r)
{
    uint8_t  first = rd_u8(r);
    unsigned ones = 0;
    while (ones < 8 && first << ones & 0x80)
        ones++;
    r->bad |= ones == 1 || ones == 8;
    rd_bytes(r, ones > 1 ? ones - 1 : 0);
}

uint32_t flac_frame_samples(const uint8_t *bytes, size_t len)
{
    enum { RESERVED = 0, SMALL = 1, IN_8_BITS = 6, IN_16_BITS = 7 };
    struct rd r = rd_over(bytes, len);
    uint16_t  sync = rd_u16(&r); /* 14 bits 1, 0, and how blocks are numbered */
    unsigned  code = rd_u8(&r) >> 4;
    rd_u8(&r); /* channels, bits */
    skip_coded_number(&r);
    uint32_t samples = code > IN_16_BITS    ? UINT32_C(1) << code
                       : code == IN_16_BITS ? rd_u16(&r) + UINT32_C(1)
                       : code == IN_8_BITS  ? rd_u8(&r) + UINT32_C(1)
                       : code == SMALL      ? 192
                                            : UINT32_C(144) << code;
    bool     is_frame = !r.bad && (sync & 0xfffe) == 0xfff8 && code != RESERVED && samples <= UINT16_MAX;
    return is_frame ? samples : 0;
}
