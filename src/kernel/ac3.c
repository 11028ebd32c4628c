#include "kernel/ac3.h"

#include "kernel/bits.h"

enum { SYNCWORD = 0x0B77, BSID_AC3_MAX = 8, BSID_EAC3_MIN = 11, BSID_EAC3_MAX = 16, BLOCK_SAMPLES = 256 };

/* 4.4.1.3 fscod, E.1.3.1.4 fscod */
static const uint32_t rates[] = { 48000, 44100, 32000 };

/* 4.4.2.3 acmod */
static const uint8_t channels_of[] = { 2, 1, 2, 3, 3, 4, 4, 5 };

/* 4.4.1.4 frmsizecod: sixteen-bit words */
static uint32_t words_of(unsigned rate, unsigned size_code)
{
    static const uint16_t kbps[] = { 32,  40,  48,  56,  64,  80,  96,  112, 128, 160,
                                     192, 224, 256, 320, 384, 448, 512, 576, 640 };
    if (size_code / 2 >= ARRAY_LEN(kbps))
        return 0;
    uint32_t k = kbps[size_code / 2];
    switch (rate) {
    case 0: return k * 2;
    case 1: return k * 320 / 147 + (size_code & 1);
    default: return k * 3;
    }
}

static void read_channels(struct bits *b, unsigned mode, struct ac3_header *h)
{
    h->acmod = (uint8_t)mode;
    h->lfeon = bits_u1(b);
    h->channels = (uint8_t)(channels_of[mode] + h->lfeon);
}

/* Read syncinfo() and bsi() up to lfeon (4.3.1, 4.3.2). */
static bool read_ac3(struct bits *b, struct ac3_header *h)
{
    enum { THREE_FRONT = 1, SURROUND = 4, STEREO = 2, MONO = 1 };
    bits_skip(b, 16); /* crc1 */
    unsigned rate = bits_u(b, 2), size_code = bits_u(b, 6);
    h->fscod = (uint8_t)rate;
    h->bit_rate_code = (uint8_t)(size_code / 2);
    h->bsid = (uint8_t)bits_u(b, 5);
    h->bsmod = (uint8_t)bits_u(b, 3);
    unsigned mode = bits_u(b, 3);
    if (mode & THREE_FRONT && mode != MONO)
        bits_skip(b, 2); /* cmixlev */
    if (mode & SURROUND)
        bits_skip(b, 2); /* surmixlev */
    if (mode == STEREO)
        bits_skip(b, 2); /* dsurmod */
    read_channels(b, mode, h);
    if (b->bad || rate >= ARRAY_LEN(rates))
        return false;
    h->sample_rate = rates[rate];
    h->samples = 6 * BLOCK_SAMPLES;
    h->frame_len = words_of(rate, size_code) * 2;
    return h->frame_len > 0;
}

/* Read bsi() of E-AC-3 after lfeon, up to the channels of a dependent substream (E.1.2.2). A syncframe that is cut there is none
 * that tells them. */
static uint16_t read_chanmap(struct bits *b, unsigned mode)
{
    bits_skip(b, 5 + 5); /* bsid, dialnorm */
    if (bits_u1(b))
        bits_skip(b, 8); /* compr */
    if (mode == 0) {
        bits_skip(b, 5); /* dialnorm2 */
        if (bits_u1(b))
            bits_skip(b, 8); /* compr2 */
    }
    return bits_u1(b) ? (uint16_t)bits_u(b, 16) : 0;
}

/* Read bsi() of E-AC-3 (E.1.2.2). */
static bool read_eac3(struct bits *b, struct ac3_header *h)
{
    enum { INDEPENDENT = 0, DEPENDENT = 1, CONVERTED = 2, HALF_RATE = 3 };
    static const uint8_t blocks[] = { 1, 2, 3, 6 };
    unsigned             type = bits_u(b, 2), substream = bits_u(b, 3);
    h->enhanced = true;
    h->is_dependent = substream != 0 || (type != INDEPENDENT && type != CONVERTED);
    h->frame_len = (bits_u(b, 11) + 1) * 2;
    unsigned rate = bits_u(b, 2), code = bits_u(b, 2); /* fscod2 or numblkscod */
    h->samples = (uint16_t)((rate == HALF_RATE ? 6u : blocks[code]) * BLOCK_SAMPLES);
    unsigned mode = bits_u(b, 3);
    h->fscod = (uint8_t)rate;
    read_channels(b, mode, h);
    if (b->bad)
        return false;
    if (type == DEPENDENT)
        h->chanmap = read_chanmap(b, mode);
    if (rate == HALF_RATE && code >= ARRAY_LEN(rates))
        return false;
    h->sample_rate = rate == HALF_RATE ? rates[code] / 2 : rates[rate];
    return true;
}

bool ac3_header_parse(const uint8_t *bytes, size_t len, struct ac3_header *header)
{
    enum { BSID_AT = 5 }; /* offset of bsid in both formats */
    struct bits b = bits_over(bytes, len);
    *header = (struct ac3_header){ 0 };
    if (len <= BSID_AT || bits_u(&b, 16) != SYNCWORD)
        return false;
    unsigned bsid = bytes[BSID_AT] >> 3;
    header->bsid = (uint8_t)bsid;
    if (bsid <= BSID_AC3_MAX)
        return read_ac3(&b, header);
    return bsid >= BSID_EAC3_MIN && bsid <= BSID_EAC3_MAX && read_eac3(&b, header);
}
