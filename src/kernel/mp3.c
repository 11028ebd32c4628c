#include "kernel/mp3.h"

#include "core/rd.h"

enum { MPEG_25 = 0, RESERVED = 1, MPEG_1 = 3 }; /* 2 is MPEG-2 */
enum { MODE_MONO = 3 };

/* 2.4.2.3, kbit/s by [lsf][layer - 1][bitrate_index]. At half rates, layers II and III have the same values. */
static const uint16_t bitrates[2][3][15] = {
    { { 0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448 },
      { 0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384 },
      { 0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320 } },
    { { 0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256 },
      { 0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160 },
      { 0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160 } },
};

static uint16_t samples_of(unsigned layer, bool lsf)
{
    if (layer == 1)
        return 384;
    return layer == 3 && lsf ? 576 : 1152;
}

bool mp3_header_parse(const uint8_t *bytes, size_t len, struct mp3_header *header)
{
    static const uint32_t rates[] = { 44100, 48000, 32000 };
    struct rd             r = rd_over(bytes, len);
    uint32_t              h = rd_u32(&r);
    unsigned              version = h >> 19 & 3, layer_code = h >> 17 & 3, bitrate_index = h >> 12 & 15;
    unsigned              rate_index = h >> 10 & 3, padding = h >> 9 & 1, mode = h >> 6 & 3;
    if (r.bad || h >> 21 != 0x7FF || version == RESERVED || layer_code == 0 || bitrate_index == 15 || rate_index == 3)
        return false;
    unsigned layer = 4 - layer_code;
    bool     lsf = version != MPEG_1;
    unsigned halvings = version == MPEG_25 ? 2 : lsf;
    *header = (struct mp3_header){
        .layer = (uint8_t)layer,
        .lsf = lsf,
        .channels = mode == MODE_MONO ? 1 : 2,
        .samples = samples_of(layer, lsf),
        .sample_rate = rates[rate_index] >> halvings,
        .bitrate = bitrates[lsf][layer - 1][bitrate_index] * 1000u,
    };
    if (header->bitrate) { /* 2.4.3.1: in slots, of four bytes in layer I */
        unsigned slot = layer == 1 ? 4 : 1;
        header->frame_len = (header->samples / 8 / slot * header->bitrate / header->sample_rate + padding) * slot;
    }
    return true;
}

void mp3_write_id3(struct wr *w)
{
    static const uint8_t tag[MP3_ID3_LEN] = { 'I', 'D', '3', 3 }; /* version 2.3.0, no flags, no frames */
    wr_bytes(w, tag, sizeof tag);
}
