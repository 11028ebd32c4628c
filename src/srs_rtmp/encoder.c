/* Frames as encoders make them. */
#include "core/clock.h"
#include "core/str.h"
#include "kernel/flv.h"
#include "kernel/times.h"
#include "srs_rtmp/handle.h"

static const enum codec codecs[] = {
    [SRS_RTMP_H264] = CODEC_H264,
    [SRS_RTMP_HEVC] = CODEC_HEVC,
    [SRS_RTMP_AAC] = CODEC_AAC,
    [SRS_RTMP_MP3] = CODEC_MP3,
};

static enum srs_rtmp_result write_frame(struct srs_rtmp *c, const struct frame *f)
{
    struct srs_rtmp_packet p = { (uint8_t)flv_tag_type_of(f->kind), (uint32_t)ms_from_us(f->dts_us), f->data, f->len };
    return srs_rtmp_write(c, &p);
}

/* Adobe FLV 10.1 E.4.3.1: CompositionTime has 24 bits. No clock of an encoder reaches the other bound. */
static bool are_times(int64_t dts_ms, int64_t pts_ms)
{
    enum { CTS_MAX_MS = 0x7fffff };
    static const int64_t max_ms = INT64_C(1) << 50;
    return dts_ms > -max_ms && dts_ms < max_ms && pts_ms >= dts_ms - CTS_MAX_MS && pts_ms <= dts_ms + CTS_MAX_MS;
}

enum srs_rtmp_result srs_rtmp_write_frame(struct srs_rtmp *c, enum srs_rtmp_codec codec, int64_t dts_ms, int64_t pts_ms,
                                          const uint8_t *bytes, size_t len)
{
    enum srs_rtmp_result result = handle_expect(c, HANDLE_PUBLISHES, "write a frame");
    if (result != SRS_RTMP_OK)
        return result;
    if ((size_t)codec >= ARRAY_LEN(codecs) || !are_times(dts_ms, pts_ms) || !len) {
        str_copy(c->error, sizeof c->error, "write a frame: an unknown codec, impossible times, or no bytes");
        return SRS_RTMP_BAD_USE;
    }
    struct frame_unit unit = {
        .codec = codecs[codec],
        .form = UNIT_STREAM,
        .dts_us = dts_ms * US_PER_MS,
        .pts_us = pts_ms * US_PER_MS,
        .bytes = rd_over(bytes, len),
    };
    struct frame   *f;
    enum frame_made made;
    while ((made = frame_make_next(&c->maker, &unit, &f)) == FRAME_MADE) {
        result = write_frame(c, f);
        frame_unref(&f);
        if (result != SRS_RTMP_OK)
            return result;
    }
    if (made == FRAME_MAKE_NO_MEMORY)
        return handle_end(c, err_no_memory());
    if (made == FRAME_MAKE_BAD)
        str_copy(c->error, sizeof c->error, "write a frame: the bytes are not in the form of the codec");
    return made == FRAME_MAKE_BAD ? SRS_RTMP_BAD_DATA : SRS_RTMP_OK;
}
