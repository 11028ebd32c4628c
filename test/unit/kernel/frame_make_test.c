/* The maker of frames: the frame of each codec's unit, and the configurations that are made from units in band. */
#include "kernel/frame_make.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/attr.h"
#include "kernel/aac.h"
#include "kernel/ac3.h"
#include "kernel/av1.h"
#include "kernel/avc.h"
#include "kernel/flv_bodies.h"
#include "kernel/hevc.h"
#include "kernel/media_info.h"
#include "kernel/opus.h"
#include "kernel/vp9.h"

static struct frame_maker maker;

static int set_up(void **state)
{
    (void)state;
    maker = (struct frame_maker){ 0 };
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    frame_maker_finish(&maker);
    return 0;
}

static struct frame_unit unit(enum codec codec, enum unit_form form, const uint8_t *bytes, size_t len)
{
    return (struct frame_unit){
        .codec = codec, .form = form, .dts_us = 1000000, .pts_us = 1000000, .bytes = rd_over(bytes, len)
    };
}

static struct frame *next(struct frame_unit *u)
{
    struct frame *f;
    assert_int_equal(frame_make_next(&maker, u, &f), FRAME_MADE);
    assert_non_null(f);
    assert_int_equal(f->refs >= 1, 1);
    return f;
}

static void is_used_up(struct frame_unit *u)
{
    struct frame *f;
    assert_int_equal(frame_make_next(&maker, u, &f), FRAME_MAKE_END);
    assert_null(f);
}

static bool media_is(const struct frame *f, const void *bytes, size_t len)
{
    return f->media_len == len && memcmp(f->data + f->media_offset, bytes, len) == 0;
}

/* A configuration record without the head of its body, and its parameter sets with start codes. */
struct record {
    const uint8_t *bytes;
    size_t         len;
};

static const struct record avc_record = { avc + 5, sizeof avc - 5 }, hevc_record = { hevc + 5, sizeof hevc - 5 };

static void put_annexb(struct wr *w, struct nalu n)
{
    wr_u32(w, 1);
    wr_bytes(w, n.p, n.len);
}

static void put_avc_sets(struct wr *w)
{
    struct avc_config c;
    struct nalu       n;
    assert_true(avc_config_parse(avc_record.bytes, avc_record.len, &c));
    while (nalu_next_avcc(&c.sps, 2, &n))
        put_annexb(w, n);
    while (nalu_next_avcc(&c.pps, 2, &n))
        put_annexb(w, n);
}

static const uint8_t aud[] = { 0x09, 0xF0 }, idr[] = { 0x65, 0x88, 0x84, 0x21 }, slice[] = { 0x41, 0x9A, 0x01 };

static const uint8_t idr_behind_length[] = { 0, 0, 0, 4, 0x65, 0x88, 0x84, 0x21 };

static size_t key_picture(uint8_t *bytes, size_t cap)
{
    struct wr w = wr_over(bytes, cap);
    put_annexb(&w, (struct nalu){ aud, sizeof aud });
    put_avc_sets(&w);
    put_annexb(&w, (struct nalu){ idr, sizeof idr });
    assert_false(w.full);
    return wr_len(&w);
}

static void a_key_picture_brings_its_configuration_once(void **state)
{
    (void)state;
    uint8_t           bytes[256];
    size_t            len = key_picture(bytes, sizeof bytes);
    struct frame_unit u = unit(CODEC_H264, UNIT_STREAM, bytes, len);
    struct frame     *f = next(&u);
    assert_true(f->config);
    assert_int_equal(f->kind, FRAME_VIDEO);
    assert_true(media_is(f, avc_record.bytes, avc_record.len));
    assert_memory_equal(f->data, avc, sizeof avc); /* the body as an RTMP publisher sends it */
    frame_unref(&f);
    f = next(&u);
    assert_true(f->key && f->idr && !f->config);
    assert_true(media_is(f, idr_behind_length, sizeof idr_behind_length)); /* no delimiter, no sets */
    assert_int_equal(f->data[0], 0x17);
    frame_unref(&f);
    is_used_up(&u);

    u = unit(CODEC_H264, UNIT_STREAM, bytes, len);
    f = next(&u);
    assert_true(f->key && !f->config);
    frame_unref(&f);
    is_used_up(&u);
}

static void a_picture_that_no_player_may_start_on_is_none(void **state)
{
    (void)state;
    uint8_t   bytes[64];
    struct wr w = wr_over(bytes, sizeof bytes);
    put_annexb(&w, (struct nalu){ slice, sizeof slice });
    struct frame_unit u = unit(CODEC_H264, UNIT_STREAM, bytes, wr_len(&w));
    struct frame     *f = next(&u);
    assert_false(f->key || f->idr || f->config);
    assert_int_equal(f->data[0], 0x27);
    assert_int_equal(f->nalu_form, NALU_LENGTHS_4);
    frame_unref(&f);
    u.bytes = rd_over(bytes, wr_len(&w));
    u.is_key = true; /* a recovery point that the container marks */
    f = next(&u);
    assert_true(f->key && !f->idr);
    frame_unref(&f);
}

static void times_are_kept_and_the_body_rounds_both_of_them(void **state)
{
    static const struct {
        int64_t dts_us, pts_us;
        int     cts_ms;
    } rows[] = {
        { 1000000, 1040000, 40 }, { 999999, 1000000, 1 }, { 1000999, 1001000, 1 },
        { 1000000, 1000999, 0 },  { -1, 0, 1 },           { -500, -1500, -1 },
        { 40000, 0, -40 },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct frame_unit u = unit(CODEC_H264, UNIT_STORED, idr_behind_length, sizeof idr_behind_length);
        struct flv_body   body;
        u.dts_us = rows[i].dts_us;
        u.pts_us = rows[i].pts_us;
        struct frame *f = next(&u);
        assert_int_equal(f->dts_us, rows[i].dts_us);
        assert_int_equal(f->pts_us, rows[i].pts_us);
        assert_true(f->key); /* the head says so too */
        assert_int_equal(flv_body_parse_video(f->data, f->len, &body), FLV_PARSE_OK);
        assert_int_equal(body.cts_ms, rows[i].cts_ms);
        assert_int_equal(body.frame_type, FLV_KEY_FRAME);
        frame_unref(&f);
    }
}

static void parameter_sets_that_are_not_all_there_stay_in_the_picture(void **state)
{
    static const uint8_t pps[] = { 0x68, 0xEE, 0x3C, 0x80 };
    (void)state;
    uint8_t   bytes[64];
    struct wr w = wr_over(bytes, sizeof bytes);
    put_annexb(&w, (struct nalu){ pps, sizeof pps });
    put_annexb(&w, (struct nalu){ idr, sizeof idr });
    struct frame_unit u = unit(CODEC_H264, UNIT_STREAM, bytes, wr_len(&w));
    struct frame     *f = next(&u);
    assert_int_equal(f->media_len, 4 + sizeof pps + 4 + sizeof idr);
    frame_unref(&f);
}

static void hevc_sets_become_the_record_that_x265_made(void **state)
{
    static const uint8_t cra[] = { 0x2A, 0x01, 0xAF, 0x10 };
    (void)state;
    uint8_t            bytes[512];
    struct wr          w = wr_over(bytes, sizeof bytes);
    struct hevc_config was, is;
    struct nalu        a, b;
    assert_true(hevc_config_parse(hevc_record.bytes, hevc_record.len, &was));
    for (struct hevc_config_walk walk = hevc_config_open(&was); hevc_config_next(&walk, &a);)
        put_annexb(&w, a);
    put_annexb(&w, (struct nalu){ cra, sizeof cra });
    struct frame_unit u = unit(CODEC_HEVC, UNIT_STREAM, bytes, wr_len(&w));
    struct frame     *f = next(&u);
    assert_true(f->config);
    assert_memory_equal(f->data, hevc, 5);
    assert_true(hevc_config_parse(f->data + f->media_offset, f->media_len, &is));
    assert_memory_equal(f->data + f->media_offset, hevc_record.bytes, 13); /* version, profile, constraints, level */
    assert_int_equal(is.length_size, 4);
    assert_int_equal(is.chroma_format_idc, was.chroma_format_idc);
    assert_int_equal(is.bit_depth, was.bit_depth);
    struct hevc_config_walk x = hevc_config_open(&was), y = hevc_config_open(&is);
    while (hevc_config_next(&x, &a)) {
        assert_true(hevc_config_next(&y, &b));
        assert_int_equal(a.len, b.len);
        assert_memory_equal(a.p, b.p, a.len);
    }
    assert_false(hevc_config_next(&y, &b));
    frame_unref(&f);
    f = next(&u);
    assert_true(f->key && f->idr);
    assert_int_equal(f->media_len, 4 + sizeof cra);
    frame_unref(&f);
}

static size_t adts_row(uint8_t *bytes, size_t cap, int n)
{
    struct aac_config c;
    struct wr         w = wr_over(bytes, cap);
    assert_true(aac_config_parse((const uint8_t[]){ 0x12, 0x10 }, 2, &c)); /* LC, 44.1 kHz, stereo */
    for (int i = 0; i < n; i++) {
        assert_true(aac_write_adts(&w, &c, 3));
        wr_bytes(&w, (const uint8_t[]){ 0x21, (uint8_t)i, 0x49 }, 3);
    }
    assert_false(w.full);
    return wr_len(&w);
}

static void a_row_of_adts_frames_becomes_frames_in_their_own_time(void **state)
{
    (void)state;
    uint8_t           bytes[64];
    struct frame_unit u = unit(CODEC_AAC, UNIT_STREAM, bytes, adts_row(bytes, sizeof bytes, 3));
    struct frame     *f = next(&u);
    assert_true(f->config);
    assert_true(media_is(f, ((const uint8_t[]){ 0x12, 0x10 }), 2));
    assert_int_equal(f->data[0], 0xAF);
    frame_unref(&f);
    for (int i = 0; i < 3; i++) {
        f = next(&u);
        assert_true(media_is(f, ((const uint8_t[]){ 0x21, (uint8_t)i, 0x49 }), 3));
        assert_int_equal(f->dts_us, 1000000 + i * 23220);
        assert_int_equal(f->pts_us, f->dts_us);
        frame_unref(&f);
    }
    is_used_up(&u);
}

static void what_is_no_adts_is_bad_and_drops_the_rest(void **state)
{
    (void)state;
    uint8_t           bytes[64];
    size_t            len = adts_row(bytes, sizeof bytes, 2);
    struct frame_unit u = unit(CODEC_AAC, UNIT_STREAM, bytes, len - 1); /* the last frame is cut */
    struct frame     *f = next(&u);
    frame_unref(&f);
    f = next(&u);
    frame_unref(&f);
    assert_int_equal(frame_make_next(&maker, &u, &f), FRAME_MAKE_BAD);
    is_used_up(&u);
}

static void opus_has_the_channels_of_its_signalling(void **state)
{
    static const uint8_t packet[] = { 0xFC, 1, 2 };
    (void)state;
    struct frame_unit u = unit(CODEC_OPUS, UNIT_STORED, packet, sizeof packet);
    u.channels = 1;
    struct frame    *f = next(&u);
    struct opus_head head;
    assert_true(f->config);
    assert_true(opus_head_parse(f->data + f->media_offset, f->media_len, &head));
    assert_int_equal(head.channels, 1);
    frame_unref(&f);
    f = next(&u);
    assert_true(media_is(f, packet, sizeof packet));
    assert_int_equal(f->codec, CODEC_OPUS);
    frame_unref(&f);
    is_used_up(&u);
}

static void an_opus_head_that_came_is_not_made_again(void **state)
{
    static const uint8_t packet[] = { 0xFC, 1, 2 };
    (void)state;
    struct frame_unit u = unit(CODEC_OPUS, UNIT_CONFIG, opus + 5, sizeof opus - 5);
    struct frame     *f = next(&u);
    assert_memory_equal(f->data, opus, sizeof opus);
    frame_unref(&f);
    u = unit(CODEC_OPUS, UNIT_STORED, packet, sizeof packet);
    u.channels = 1;
    f = next(&u);
    assert_false(f->config);
    frame_unref(&f);
}

static void an_av1_sequence_header_becomes_the_record(void **state)
{
    static const uint8_t delimiter[] = { 0x12, 0x00 }, key[] = { 0x32, 0x02, 0x10, 0x00 };
    (void)state;
    uint8_t   bytes[64];
    struct wr w = wr_over(bytes, sizeof bytes);
    wr_bytes(&w, delimiter, sizeof delimiter);
    wr_bytes(&w, av1 + 9, sizeof av1 - 9); /* the sequence header, after the four bytes of the record */
    wr_bytes(&w, key, sizeof key);
    struct frame_unit u = unit(CODEC_AV1, UNIT_STREAM, bytes, wr_len(&w));
    struct frame     *f = next(&u);
    assert_true(f->config);
    assert_int_equal(f->len, sizeof av1);
    assert_memory_equal(f->data, av1, sizeof av1);
    frame_unref(&f);
    f = next(&u);
    assert_true(f->key);
    assert_true(media_is(f, bytes + sizeof delimiter, wr_len(&w) - sizeof delimiter));
    frame_unref(&f);
    is_used_up(&u);
}

static void a_vp9_key_frame_tells_its_configuration(void **state)
{
    (void)state;
    struct frame_unit u = unit(CODEC_VP9, UNIT_STORED, vp9_key + 5, sizeof vp9_key - 5);
    struct frame     *f = next(&u);
    struct vp9_config config;
    assert_true(f->config);
    assert_true(vp9_config_parse(f->data + f->media_offset, f->media_len, &config));
    assert_int_equal(config.profile, 0);
    assert_int_equal(config.bit_depth, 8);
    assert_int_equal(config.chroma_subsampling, 1);
    frame_unref(&f);
    f = next(&u);
    assert_true(f->key);
    assert_memory_equal(f->data + 1, "vp09", 4);
    frame_unref(&f);
}

/* 48 kHz, 32 kbit/s, mono: 128 bytes. */
static void syncframes_of_ac3_are_parted(void **state)
{
    static const uint8_t header[] = { 0x0B, 0x77, 0, 0, 0x00, 0x40, 0x20, 0 };
    (void)state;
    uint8_t bytes[256] = { 0 };
    memcpy(bytes, header, sizeof header);
    memcpy(bytes + 128, header, sizeof header);
    struct ac3_header h;
    assert_true(ac3_header_parse(bytes, sizeof bytes, &h));
    assert_int_equal(h.frame_len, 128);
    assert_int_equal(h.channels, 1);
    struct frame_unit u = unit(CODEC_AC3, UNIT_STREAM, bytes, sizeof bytes);
    for (int i = 0; i < 2; i++) {
        struct frame *f = next(&u);
        assert_int_equal(f->media_len, 128);
        assert_int_equal(f->dts_us, 1000000 + i * 32000);
        assert_memory_equal(f->data + 1, "ac-3", 4);
        frame_unref(&f);
    }
    is_used_up(&u);
}

/* Each codec that has a name in FLV, as one frame, of the first track and of another track. */
static void every_body_that_is_written_is_read_back(void **state)
{
    static const enum codec codecs[] = {
        CODEC_H264, CODEC_HEVC, CODEC_AV1,  CODEC_VP8, CODEC_VP9,  CODEC_AAC,
        CODEC_MP3,  CODEC_OPUS, CODEC_FLAC, CODEC_AC3, CODEC_EAC3,
    };
    static const uint8_t bytes[] = { 0, 0, 0, 2, 0x12, 0x00 }; /* arbitrary bytes for a NAL unit, an OBU or sound */
    static const uint8_t obu[] = { 0x32, 0x02, 0x30, 0x00 };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(codecs) * 2; i++) {
        enum codec        codec = codecs[i / 2];
        struct frame_unit u = codec == CODEC_AV1 ? unit(codec, UNIT_STORED, obu, sizeof obu)
                                                 : unit(codec, UNIT_STORED, bytes, sizeof bytes);
        u.track = i % 2 ? 3 : 0;
        u.pts_us += 80000;
        struct frame *f = next(&u);
        if (f->config) { /* these bytes are a key frame of VP8 */
            frame_unref(&f);
            f = next(&u);
        }
        assert_int_equal(f->codec, codec);
        assert_int_equal(f->kind, codec_kind(codec));
        assert_int_equal(f->track, u.track);
        assert_false(f->config);
        assert_int_equal(f->media_len, codec == CODEC_AV1 ? sizeof obu : sizeof bytes);
        frame_unref(&f);
    }
}

static void sound_of_telephones_has_the_classic_head(void **state)
{
    static const uint8_t samples[160] = { 0xD5 };
    (void)state;
    struct frame_unit u = unit(CODEC_PCMA, UNIT_STORED, samples, sizeof samples);
    u.channels = 1;
    struct frame     *f = next(&u);
    struct audio_info info;
    assert_int_equal(f->data[0] >> 4, 7);
    assert_true(media_info_audio(f, &info));
    assert_int_equal(info.sample_rate, 8000);
    assert_int_equal(info.channels, 1);
    frame_unref(&f);
}

static void a_codec_without_a_name_in_flv_is_bad(void **state)
{
    static const uint8_t bytes[] = { 1, 2, 3 };
    (void)state;
    struct frame_unit u = unit(CODEC_OTHER, UNIT_STORED, bytes, sizeof bytes);
    struct frame     *f;
    assert_int_equal(frame_make_next(&maker, &u, &f), FRAME_MAKE_BAD);
    is_used_up(&u);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_key_picture_brings_its_configuration_once),
        TEST(a_picture_that_no_player_may_start_on_is_none),
        TEST(times_are_kept_and_the_body_rounds_both_of_them),
        TEST(parameter_sets_that_are_not_all_there_stay_in_the_picture),
        TEST(hevc_sets_become_the_record_that_x265_made),
        TEST(a_row_of_adts_frames_becomes_frames_in_their_own_time),
        TEST(what_is_no_adts_is_bad_and_drops_the_rest),
        TEST(opus_has_the_channels_of_its_signalling),
        TEST(an_opus_head_that_came_is_not_made_again),
        TEST(an_av1_sequence_header_becomes_the_record),
        TEST(a_vp9_key_frame_tells_its_configuration),
        TEST(syncframes_of_ac3_are_parted),
        TEST(every_body_that_is_written_is_read_back),
        TEST(sound_of_telephones_has_the_classic_head),
        TEST(a_codec_without_a_name_in_flv_is_bad),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
