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
    read_u16le(&r); /* output gain */
    head->mapping_family = rd_u8(&r);
    if (head->mapping_family != 0)
        rd_bytes(&r, 2 + (size_t)head->channels); /* stream counts, channel mapping */
    if (r.bad || !magic || memcmp(magic, "OpusHead", 8) != 0)
        return false;
    bool too_many = head->mapping_family == 0 && head->channels > 2;
    return version >> 4 == 0 && head->channels != 0 && !too_many;
}
