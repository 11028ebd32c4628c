#include "kernel/opus.h"

#include "core/rd.h"

static uint16_t read_u16le(struct rd *r)
{
    unsigned low = rd_u8(r);
    return (uint16_t)(low | (unsigned)rd_u8(r) << 8);
}

bool opus_head_parse(const uint8_t *bytes, size_t len, struct opus_head *head)
{
    struct rd      r = rd_over(bytes, len);
    const uint8_t *magic = rd_bytes(&r, 8);
    uint8_t        version = rd_u8(&r);
    *head = (struct opus_head){ .channels = rd_u8(&r) };
    head->pre_skip = read_u16le(&r);
    head->input_rate = rd_u32le(&r);
    head->gain = (int16_t)read_u16le(&r);
    head->mapping_family = rd_u8(&r);
    if (head->mapping_family != 0)
        head->mapping = rd_bytes(&r, 2 + (size_t)head->channels);
    if (r.bad || !magic || memcmp(magic, "OpusHead", 8) != 0)
        return false;
    bool too_many = head->mapping_family == 0 && head->channels > 2;
    return version >> 4 == 0 && head->channels != 0 && !too_many;
}

bool opus_head_write(struct wr *w, unsigned channels)
{
    if (channels < 1 || channels > 2)
        return false;
    wr_bytes(w, "OpusHead", 8);
    wr_u8(w, 1); /* version */
    wr_u8(w, (uint8_t)channels);
    wr_u16(w, 0); /* pre-skip */
    wr_u32le(w, OPUS_RATE);
    wr_u16(w, 0); /* gain */
    wr_u8(w, 0);  /* mapping family */
    return true;
}

unsigned opus_packet_samples(const uint8_t *bytes, size_t len)
{
    enum { HYBRID = 12, CELT = 16, SAMPLES_MAX = 5760 };
    static const uint16_t silk[] = { 480, 960, 1920, 2880 }, hybrid[] = { 480, 960 }, celt[] = { 120, 240, 480, 960 };
    struct rd             r = rd_over(bytes, len);
    unsigned              toc = rd_u8(&r), mode = toc >> 3, code = toc & 3;
    unsigned              frames = code == 3 ? rd_u8(&r) & 63u : code ? 2 : 1;
    unsigned samples = frames * (mode < HYBRID ? silk[mode & 3] : mode < CELT ? hybrid[mode & 1] : celt[mode & 3]);
    return r.bad || samples > SAMPLES_MAX ? 0 : samples;
}
