/* Frames as encoders make them. */
#include <string.h>

#include "core/clock.h"
#include "core/mem.h"
#include "core/str.h"
#include "kernel/flv.h"
#include "kernel/nalu.h"
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

/* ---- what comes before a picture ---- */

static bool is_video(enum srs_rtmp_codec codec)
{
    return codec == SRS_RTMP_H264 || codec == SRS_RTMP_HEVC;
}

/* False for NAL units that only come before a picture, such as parameter sets. Other bytes are for the maker to judge. */
static bool has_picture(enum srs_rtmp_codec codec, const uint8_t *bytes, size_t len)
{
    struct rd   r = rd_over(bytes, len);
    struct nalu n;
    bool        has_units = false;
    while (nalu_next_annexb(&r, &n)) {
        unsigned avc = avc_nalu_type(n);
        if (codec == SRS_RTMP_HEVC ? hevc_nalu_type(n) <= HEVC_NALU_VCL_LAST : avc >= 1 && avc <= AVC_NALU_IDR)
            return true;
        has_units = true;
    }
    return !has_units;
}

/* Keep bytes behind those that are kept. */
static enum srs_rtmp_result keep(struct srs_rtmp *c, const uint8_t *bytes, size_t len)
{
    if (len > SRS_RTMP_PACKET_MAX - c->kept_len) {
        c->kept_len = 0;
        str_copy(c->error, sizeof c->error, "write a frame: too many bytes came before a picture");
        return SRS_RTMP_BAD_DATA;
    }
    uint8_t *kept = mem_realloc(c->kept, c->kept_len + len);
    if (!kept)
        return handle_end(c, err_no_memory());
    memcpy(kept + c->kept_len, bytes, len);
    c->kept = kept;
    c->kept_len += len;
    return SRS_RTMP_OK;
}

/* ---- all of a unit ---- */

static enum srs_rtmp_result write_unit(struct srs_rtmp *c, struct frame_unit unit)
{
    struct frame   *f;
    enum frame_made made;
    while ((made = frame_make_next(&c->maker, &unit, &f)) == FRAME_MADE) {
        enum srs_rtmp_result result = write_frame(c, f);
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

enum srs_rtmp_result srs_rtmp_write_frame(struct srs_rtmp *c, enum srs_rtmp_codec codec, int64_t dts_ms, int64_t pts_ms,
                                          const uint8_t *bytes, size_t len)
{
    enum srs_rtmp_result result = handle_expect(c, HANDLE_PUBLISHES, "write a frame");
    if (result != SRS_RTMP_OK)
        return result;
    if ((size_t)codec >= ARRAY_LEN(codecs) || !are_times(dts_ms, pts_ms) || !len || len > SRS_RTMP_PACKET_MAX) {
        str_copy(c->error, sizeof c->error, "write a frame: an unknown codec, impossible times, no bytes or too many");
        return SRS_RTMP_BAD_USE;
    }
    struct frame_unit unit = { codecs[codec], UNIT_STREAM, .dts_us = dts_ms * US_PER_MS, .pts_us = pts_ms * US_PER_MS };
    bool              is_whole = !is_video(codec) || has_picture(codec, bytes, len);
    if (!is_whole || (is_video(codec) && c->kept_len)) {
        result = keep(c, bytes, len);
        if (result != SRS_RTMP_OK || !is_whole)
            return result;
        bytes = c->kept;
        len = c->kept_len;
        c->kept_len = 0;
    }
    unit.bytes = rd_over(bytes, len);
    return write_unit(c, unit);
}
