#include "kernel/mp4/esds.h"

#include "kernel/mp4/box.h"

enum { ES_DESCR = 3, DECODER_CONFIG = 4, DECODER_SPECIFIC = 5, SL_CONFIG = 6 };

enum { DESCRIPTOR_HEADER_LEN = 5, ES_LEN = 3, DECODER_CONFIG_LEN = 13, SL_CONFIG_LEN = 1 };

/* Always the longest form of a size. */
static void write_descriptor(struct wr *w, uint8_t tag, size_t len)
{
    wr_u8(w, tag);
    for (unsigned shift = 21; shift; shift -= 7)
        wr_u8(w, (uint8_t)(0x80 | (len >> shift & 0x7f)));
    wr_u8(w, (uint8_t)(len & 0x7f));
}

static size_t specific_len(const struct mp4_esds *e)
{
    return e->config ? DESCRIPTOR_HEADER_LEN + e->config_len : 0;
}

size_t mp4_esds_len(const struct mp4_esds *e)
{
    return 4 + 3 * (size_t)DESCRIPTOR_HEADER_LEN + ES_LEN + DECODER_CONFIG_LEN + specific_len(e) + SL_CONFIG_LEN;
}

void mp4_esds_write(struct wr *w, const struct mp4_esds *e)
{
    enum { AUDIO_STREAM = 5 << 2 | 1, SL_MP4 = 2 };
    wr_u32(w, 0);
    write_descriptor(w, ES_DESCR, mp4_esds_len(e) - 4 - DESCRIPTOR_HEADER_LEN);
    mp4_zeros(w, ES_LEN); /* ES_ID, flags */
    write_descriptor(w, DECODER_CONFIG, DECODER_CONFIG_LEN + specific_len(e));
    wr_u8(w, e->object_type);
    wr_u8(w, AUDIO_STREAM);
    mp4_zeros(w, 3 + 4 + 4); /* bufferSizeDB, maxBitrate, avgBitrate: not told */
    if (e->config) {
        write_descriptor(w, DECODER_SPECIFIC, e->config_len);
        wr_bytes(w, e->config, e->config_len);
    }
    write_descriptor(w, SL_CONFIG, SL_CONFIG_LEN);
    wr_u8(w, SL_MP4);
}
