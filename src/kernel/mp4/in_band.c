#include "kernel/mp4/in_band.h"

#include "core/rd.h"
#include "kernel/parameter_sets.h"

bool mp4_in_band_carries(enum codec codec)
{
    return codec == CODEC_H264 || codec == CODEC_HEVC;
}

const char *mp4_in_band_entry(enum codec codec)
{
    return codec == CODEC_HEVC ? "hev1" : "avc3";
}

/* Take back what each array of an HEVC record promises. */
static void open_arrays(uint8_t *record, size_t len)
{
    enum { ARRAYS_AT = 23, COMPLETE = 0x80 };
    struct rd r = rd_over(record, len);
    rd_bytes(&r, ARRAYS_AT);
    while (!r.bad && rd_left(&r)) {
        record[len - rd_left(&r)] &= (uint8_t)~COMPLETE;
        rd_u8(&r);
        for (unsigned n = rd_u16(&r); n && !r.bad; n--)
            rd_bytes(&r, rd_u16(&r));
    }
}

void mp4_in_band_write_record(const struct frame *config, struct wr *w)
{
    uint8_t *record = wr_room(w, config->media_len);
    if (!record)
        return;
    memcpy(record, config->data + config->media_offset, config->media_len);
    if (config->codec == CODEC_HEVC)
        open_arrays(record, config->media_len);
}

bool mp4_in_band_takes(const struct frame *now, const struct frame *next)
{
    struct parameter_sets was, is;
    return now->codec == next->codec && next->config && parameter_sets_open(&was, now) &&
           parameter_sets_open(&is, next) && was.length_size == is.length_size && mp4_in_band_len(next) > 0;
}

size_t mp4_in_band_len(const struct frame *config)
{
    struct parameter_sets sets;
    struct nalu           nalu;
    size_t                len = 0;
    if (!parameter_sets_open(&sets, config))
        return 0;
    while (parameter_sets_next(&sets, &nalu)) {
        if (nalu.len >> 8 * sets.length_size)
            return 0; /* A length of one byte cannot tell it. */
        len += sets.length_size + nalu.len;
    }
    return len;
}

void mp4_in_band_write(const struct frame *config, struct wr *w)
{
    struct parameter_sets sets;
    struct nalu           nalu;
    if (!mp4_in_band_len(config) || !parameter_sets_open(&sets, config))
        return;
    while (parameter_sets_next(&sets, &nalu)) {
        for (unsigned i = sets.length_size; i > 0; i--)
            wr_u8(w, (uint8_t)(nalu.len >> 8 * (i - 1)));
        wr_bytes(w, nalu.p, nalu.len);
    }
}

size_t mp4_in_band_at(const struct frame *config, const struct frame *picture)
{
    struct rd             r = rd_over(picture->data + picture->media_offset, picture->media_len);
    struct parameter_sets sets;
    struct nalu           first;
    bool delimited = parameter_sets_open(&sets, config) && nalu_next_avcc(&r, sets.length_size, &first) &&
                     parameter_sets_follow(picture->codec, first);
    return delimited ? picture->media_len - rd_left(&r) : 0;
}
