#include "kernel/flv_frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/mem.h"
#include "kernel/avc.h"
#include "kernel/hevc.h"
#include "kernel/nalu.h"

static struct frame *make(enum frame_kind kind, int64_t dts_us, const uint8_t *bytes, size_t len)
{
    struct frame *f = frame_new(len);
    assert_non_null(f);
    f->kind = kind;
    f->dts_us = dts_us;
    memcpy(f->data, bytes, len);
    f->len = (uint32_t)len;
    return f;
}

static struct frame *parsed(enum frame_kind kind, const uint8_t *bytes, size_t len)
{
    struct frame *f = make(kind, 1000000, bytes, len);
    assert_int_equal(flv_frame_parse(f, NULL), FLV_PARSE_OK);
    return f;
}

static void a_key_picture(void **state)
{
    (void)state;
    static const uint8_t idr[] = { 0x17, 1, 0, 0, 80, 0, 0, 0, 2, 0x65, 0x88 }; /* cts 80 ms */
    struct frame        *f = parsed(FRAME_VIDEO, idr, sizeof idr);
    assert_int_equal(f->codec, CODEC_H264);
    assert_true(f->key && f->idr && !f->config);
    assert_int_equal(f->media_offset, 5);
    assert_int_equal(f->media_len, 6);
    assert_int_equal(f->pts_us, 1080000);
    frame_unref(&f);
}

static void key_is_what_the_header_says_or_the_idr(void **state)
{
    (void)state;
    /* clang-format off */
    static const struct {
        uint8_t bytes[11];
        bool    key, idr;
    } rows[] = {
        { { 0x17, 1, 0, 0, 0, 0, 0, 0, 2, 0x65, 0x88 }, true, true },
        { { 0x17, 1, 0, 0, 0, 0, 0, 0, 2, 0x41, 0x9A }, true, false }, /* marked as key: a recovery point, or a wrong mark */
        { { 0x27, 1, 0, 0, 0, 0, 0, 0, 2, 0x65, 0x88 }, true, true },  /* an encoder that did not mark the key frame */
        { { 0x27, 1, 0, 0, 0, 0, 0, 0, 2, 0x41, 0x9A }, false, false },
        { { 0x47, 1, 0, 0, 0, 0, 0, 0, 2, 0x41, 0x9A }, true, false }, /* generated key frame */
        { { 0x1C, 1, 0, 0, 0, 0, 0, 0, 2, 0x26, 0x01 }, true, true },  /* HEVC IDR_W_RADL */
        { { 0x93, 'a', 'v', '0', '1', 0x12, 0, 0, 0, 0, 0 }, true, false },
        { { 0x17, 2, 0, 0, 0, 0, 0, 0, 2, 0x65, 0x88 }, false, false }, /* end of sequence */
    };
    /* clang-format on */
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct frame *f = parsed(FRAME_VIDEO, rows[i].bytes, sizeof rows[i].bytes);
        assert_int_equal(f->key, rows[i].key);
        assert_int_equal(f->idr, rows[i].idr);
        assert_false(f->config);
        frame_unref(&f);
    }
}

static void a_key_frame_without_bytes_is_none(void **state)
{
    (void)state;
    static const uint8_t empty[] = { 0x17, 1, 0, 0, 0 };
    struct frame        *f = parsed(FRAME_VIDEO, empty, sizeof empty);
    assert_false(f->key);
    assert_int_equal(f->media_len, 0);
    frame_unref(&f);
}

static void configurations(void **state)
{
    (void)state;
    static const uint8_t avc[] = { 0x17, 0, 0, 0, 0, 1, 0x64, 0, 0x0C };
    static const uint8_t aac[] = { 0xAF, 0, 0x11, 0x88 };
    struct frame        *f = parsed(FRAME_VIDEO, avc, sizeof avc);
    assert_true(f->config && !f->key);
    frame_unref(&f);
    f = parsed(FRAME_AUDIO, aac, sizeof aac);
    assert_true(f->config && !f->key);
    assert_int_equal(f->codec, CODEC_AAC);
    assert_int_equal(f->pts_us, 1000000);
    frame_unref(&f);
}

static void a_script_is_all_media(void **state)
{
    (void)state;
    static const uint8_t script[] = { 0x02, 0, 1, 'x' };
    struct frame        *f = parsed(FRAME_SCRIPT, script, sizeof script);
    assert_int_equal(f->codec, CODEC_NONE);
    assert_int_equal(f->media_offset, 0);
    assert_int_equal(f->media_len, sizeof script);
    frame_unref(&f);
}

static void bad_and_ignored_bodies(void **state)
{
    (void)state;
    static const uint8_t unknown[] = { 0x19, 1 }, cut[] = { 0x17, 1 }, command[] = { 0x57, 0 };
    struct frame        *f = make(FRAME_VIDEO, 0, unknown, sizeof unknown);
    assert_int_equal(flv_frame_parse(f, NULL), FLV_PARSE_BAD);
    assert_int_equal(f->codec, CODEC_OTHER);
    frame_unref(&f);
    f = make(FRAME_VIDEO, 0, cut, sizeof cut);
    assert_int_equal(flv_frame_parse(f, NULL), FLV_PARSE_BAD);
    assert_int_equal(f->codec, CODEC_NONE);
    frame_unref(&f);
    f = make(FRAME_VIDEO, 0, command, sizeof command);
    assert_int_equal(flv_frame_parse(f, NULL), FLV_PARSE_IGNORE);
    frame_unref(&f);
    f = make(FRAME_AUDIO, 0, cut, 0);
    assert_int_equal(flv_frame_parse(f, NULL), FLV_PARSE_IGNORE);
    frame_unref(&f);
}

static void nanoseconds_move_the_pts_alone(void **state)
{
    (void)state;
    static const uint8_t bytes[] = { 0x97, 2, 0x07, 0xA1, 0x20, 0x03, 'a', 'v', 'c', '1', 0, 0, 0, 1, 0x41 };
    struct frame        *f = parsed(FRAME_VIDEO, bytes, sizeof bytes);
    assert_int_equal(f->dts_us, 1000000);
    assert_int_equal(f->pts_us, 1000500);
    frame_unref(&f);
}

static void a_header_beyond_64_kib_is_bad(void **state)
{
    (void)state;
    size_t   len = 2 + 2 + 65536 + 1 + 4 + 1;
    uint8_t *bytes = calloc(1, len);
    memcpy(bytes, (uint8_t[]){ 0x97, 0xFF, 0xFF, 0xFF }, 4);
    memcpy(bytes + 4 + 65536, (uint8_t[]){ 0x13, 'a', 'v', 'c', '1', 0x41 }, 6);
    struct frame *f = make(FRAME_VIDEO, 0, bytes, len);
    assert_int_equal(flv_frame_parse(f, NULL), FLV_PARSE_BAD);
    frame_unref(&f);
    free(bytes);
}

/* SPS and PPS of x264, Baseline 320x180, with start codes. */
static const uint8_t annexb_config[] = {
    0x17, 0,    0,    0,    0,    0,    0,    0,    1,    0x67, 0x42, 0xC0, 0x0C, 0xD9,
    0x01, 0x41, 0x9F, 0x9F, 0x01, 0x10, 0x00, 0x00, 0x03, 0x00, 0x10, 0x00, 0x00, 0x03,
    0x03, 0x20, 0xF1, 0x42, 0xA4, 0x80, 0,    0,    1,    0x68, 0xCB, 0x83, 0xCB, 0x20,
};

static void annexb_pictures_become_length_prefixed(void **state)
{
    (void)state;
    static const uint8_t in[] = { 0x17, 1, 0, 0, 40, 0, 0, 0, 1, 0x09, 0xF0, 0, 0, 1, 0x65, 0x88, 0x84 };
    static const uint8_t want[] = { 0x17, 1, 0, 0, 40, 0, 0, 0, 2, 0x09, 0xF0, 0, 0, 0, 3, 0x65, 0x88, 0x84 };
    struct frame        *f = parsed(FRAME_VIDEO, in, sizeof in);
    f->arrived_us = 7;
    assert_true(f->idr);
    assert_true(flv_frame_to_avcc(&f, NULL));
    assert_int_equal(f->len, sizeof want);
    assert_int_equal(f->media_len, sizeof want - 5);
    assert_memory_equal(f->data, want, sizeof want);
    assert_int_equal(f->refs, 1);
    assert_int_equal(f->arrived_us, 7);
    assert_int_equal(f->pts_us, 1040000);
    assert_true(f->key && f->idr);
    struct frame *same = f;
    assert_true(flv_frame_to_avcc(&f, NULL)); /* nothing left to do */
    assert_ptr_equal(f, same);
    frame_unref(&f);
}

static void annexb_parameter_sets_become_a_record(void **state)
{
    (void)state;
    struct frame     *f = parsed(FRAME_VIDEO, annexb_config, sizeof annexb_config);
    struct avc_config config;
    assert_true(flv_frame_to_avcc(&f, NULL));
    assert_true(f->config);
    assert_true(avc_config_parse(f->data + f->media_offset, f->media_len, &config));
    assert_int_equal(config.profile_idc, 66);
    assert_int_equal(config.level_idc, 12);
    assert_int_equal(config.length_size, 4);
    assert_int_equal(config.n_sps, 1);
    assert_int_equal(config.n_pps, 1);
    frame_unref(&f);
}

static void what_cannot_be_converted_stays(void **state)
{
    (void)state;
    static const uint8_t no_pps[] = { 0x17, 0, 0, 0, 0, 0, 0, 0, 1, 0x67, 0x42, 0xC0, 0x0C, 0xD9 };
    static const uint8_t tracks[] = { 0x96, 0x13, 'a', 'v', 'c', '1', 1, 0, 0, 5, 0, 0, 1, 0x65, 0x88 };
    static const uint8_t hevc[] = { 0x1C, 0, 0, 0, 0, 0, 0, 1, 0x40, 0x01 };
    /* clang-format off */
    static const struct {
        const uint8_t *bytes;
        size_t         len;
    } rows[] = { { no_pps, sizeof no_pps }, { tracks, sizeof tracks }, { hevc, sizeof hevc } };
    /* clang-format on */
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct frame *f = parsed(FRAME_VIDEO, rows[i].bytes, rows[i].len), *before = f;
        assert_true(flv_frame_to_avcc(&f, NULL));
        assert_ptr_equal(f, before);
        assert_memory_equal(f->data, rows[i].bytes, rows[i].len);
        frame_unref(&f);
    }
}

/* The length of a NAL unit of 300 bytes reads as a start code. The NAL unit ends the body, or zeros and a cut NAL unit follow. */
static void a_length_that_looks_like_a_start_code_stays(void **state)
{
    (void)state;
    static const uint8_t avc_config[] = { 0x17, 0, 0, 0, 0, 1, 0x64, 0, 0x1E, 0xFF };
    static const uint8_t heads[][9] = {
        { 0x17, 1, 0, 0, 0, 0, 0, 1, 0x2C },       /* AVC */
        { 0x27, 1, 0, 0, 0, 0, 0, 1, 0x25 },       /* its length would be the header of an IDR */
        { 0x2C, 1, 0, 0, 0, 0, 0, 1, 0x26 },       /* HEVC by its old id */
        { 0x93, 'h', 'v', 'c', '1', 0, 0, 1, 45 }, /* enhanced, CodedFramesX */
        { 0xA3, 'a', 'v', 'c', '1', 0, 0, 1, 65 },
    };
    for (size_t i = 0; i < ARRAY_LEN(heads); i++)
        for (size_t slack = 0; slack < 6; slack++)
            for (int told = 0; told < 2; told++) {
                bool              hevc = heads[i][0] == 0x2C || heads[i][1] == 'h';
                uint8_t           body[9 + 511 + 6] = { 0 };
                struct nalu_forms forms = { 0 };
                size_t            nalu_len = 256u + heads[i][8], len = sizeof heads[i] + nalu_len + slack;
                memcpy(body, heads[i], sizeof heads[i]);
                memset(body + sizeof heads[i], 0x11, nalu_len);
                body[sizeof heads[i]] = hevc ? 0x02 : 0x41;
                body[sizeof heads[i] + 1] = hevc ? 0x01 : 0x9A;
                if (told) {
                    struct frame *config = make(FRAME_VIDEO, 0, avc_config, sizeof avc_config);
                    assert_int_equal(flv_frame_parse(config, &forms), FLV_PARSE_OK);
                    frame_unref(&config);
                }
                struct frame *f = make(FRAME_VIDEO, 0, body, len), *before = f;
                assert_int_equal(flv_frame_parse(f, &forms), FLV_PARSE_OK);
                assert_false(f->idr);
                assert_int_equal(f->key, (heads[i][0] >> 4 & 7) == 1);
                assert_true(flv_frame_to_avcc(&f, &forms));
                assert_ptr_equal(f, before);
                assert_memory_equal(f->data, body, len);
                assert_int_equal(f->media_len, len - 5);
                frame_unref(&f);
            }
}

static void start_codes_become_lengths_of_the_size_that_was_told(void **state)
{
    (void)state;
    static const uint8_t sizes[] = { 0xFC, 0xFD, 0xFF }; /* reserved bits, and 1, 2 and 4 bytes */
    static const uint8_t in[] = { 0x17, 1, 0, 0, 0, 0, 0, 0, 1, 0x09, 0xF0, 0, 0, 1, 0x65, 0x88, 0x84 };
    for (size_t i = 0; i < sizeof sizes; i++) {
        uint8_t           record[] = { 0x17, 0, 0, 0, 0, 1, 0x64, 0, 0x1E, sizes[i] };
        struct nalu_forms forms = { 0 };
        struct frame     *config = make(FRAME_VIDEO, 0, record, sizeof record);
        struct frame     *f = make(FRAME_VIDEO, 0, in, sizeof in);
        size_t            size = (sizes[i] & 3u) + 1;
        assert_int_equal(flv_frame_parse(config, &forms), FLV_PARSE_OK);
        assert_int_equal(flv_frame_parse(f, &forms), FLV_PARSE_OK);
        assert_true(f->idr);
        assert_true(flv_frame_to_avcc(&f, &forms));
        assert_int_equal(f->media_len, 2 * size + 2 + 3);
        assert_true(nalu_is_avcc(f->data + f->media_offset, f->media_len, (unsigned)size));
        assert_true(nalu_holds_idr(f->data + f->media_offset, f->media_len, false, (enum nalu_form)size));
        frame_unref(&config);
        frame_unref(&f);
    }
}

/* A decoder that finds start codes in the configuration expects them in the pictures. */
/* VPS, SPS and PPS of x265, 240x128, with start codes. */
static const uint8_t hevc_annexb_config[] = {
    0x1C, 0,    0,    0,    0,    0,    0,    0,    1,    0x40, 0x01, 0x0C, 0x01, 0xFF, 0xFF, 0x02, 0x20, 0x00, 0x00,
    0x03, 0x00, 0x90, 0x00, 0x00, 0x03, 0x00, 0x00, 0x03, 0x00, 0x7B, 0x95, 0x98, 0x09, 0,    0,    0,    1,    0x42,
    0x01, 0x01, 0x02, 0x20, 0x00, 0x00, 0x03, 0x00, 0x90, 0x00, 0x00, 0x03, 0x00, 0x00, 0x03, 0x00, 0x7B, 0xA0, 0x03,
    0xC0, 0x80, 0x10, 0xE7, 0x54, 0xD9, 0x65, 0x66, 0x92, 0x4C, 0xAF, 0x01, 0x68, 0x08, 0x00, 0x00, 0x03, 0x00, 0x08,
    0x00, 0x00, 0x03, 0x01, 0xE0, 0x40, 0,    0,    0,    1,    0x44, 0x01, 0xC1, 0x72, 0xB4, 0x62, 0x40,
};

static void sets_and_pictures_of_hevc_are_converted_together(void **state)
{
    (void)state;
    static const uint8_t in[] = { 0x2C, 1, 0, 0, 0, 0, 0, 0, 1, 0x02, 0x01, 0xD0 };
    static const uint8_t want[] = { 0x2C, 1, 0, 0, 0, 0, 0, 0, 3, 0x02, 0x01, 0xD0 };
    struct nalu_forms    forms = { 0 };
    struct hevc_config   config;
    struct frame        *f = make(FRAME_VIDEO, 0, hevc_annexb_config, sizeof hevc_annexb_config);
    assert_int_equal(flv_frame_parse(f, &forms), FLV_PARSE_OK);
    assert_true(flv_frame_to_avcc(&f, &forms));
    assert_true(hevc_config_parse(f->data + f->media_offset, f->media_len, &config));
    assert_int_equal(config.length_size, 4);
    assert_int_equal(config.n_arrays, 3);
    frame_unref(&f);
    f = make(FRAME_VIDEO, 0, in, sizeof in);
    assert_int_equal(flv_frame_parse(f, &forms), FLV_PARSE_OK);
    assert_true(flv_frame_to_avcc(&f, &forms));
    assert_int_equal(f->len, sizeof want);
    assert_memory_equal(f->data, want, sizeof want);
    frame_unref(&f);
}

static void pictures_of_hevc_stay_as_their_configuration(void **state)
{
    (void)state;
    static const uint8_t record[] = { 0x1C, 0, 0, 0, 0, 0, 0, 0, 1, 0x40, 0x01, 0x0C };
    static const uint8_t picture[] = { 0x1C, 1, 0, 0, 0, 0, 0, 0, 1, 0x26, 0x01, 0xAF };
    struct nalu_forms    forms = { 0 };
    struct frame        *config = make(FRAME_VIDEO, 0, record, sizeof record), *f = NULL;
    f = make(FRAME_VIDEO, 0, picture, sizeof picture);
    assert_int_equal(flv_frame_parse(config, &forms), FLV_PARSE_OK);
    assert_int_equal(flv_frame_parse(f, &forms), FLV_PARSE_OK);
    assert_true(flv_frame_to_avcc(&config, &forms) && flv_frame_to_avcc(&f, &forms));
    assert_memory_equal(config->data, record, sizeof record);
    assert_memory_equal(f->data, picture, sizeof picture);
    assert_true(f->idr);
    frame_unref(&config);
    frame_unref(&f);
}

/* The converted track is the last in the body, so no size has to change. */
static void one_track_of_a_multitrack_body_is_converted(void **state)
{
    (void)state;
    static const uint8_t in[] = { 0x96, 0x03, 'a', 'v', 'c', '1', 1, 0, 0, 0, 1, 0x65, 0x88, 0x84 };
    static const uint8_t want[] = { 0x96, 0x03, 'a', 'v', 'c', '1', 1, 0, 0, 0, 3, 0x65, 0x88, 0x84 };
    struct frame        *f = parsed(FRAME_VIDEO, in, sizeof in);
    assert_int_equal(f->track, 1);
    assert_true(flv_frame_to_avcc(&f, NULL));
    assert_int_equal(f->len, sizeof want);
    assert_memory_equal(f->data, want, sizeof want);
    frame_unref(&f);
}

static void out_of_memory_leaves_the_frame(void **state)
{
    (void)state;
    struct frame *f = parsed(FRAME_VIDEO, annexb_config, sizeof annexb_config), *before = f;
    int           n = 0;
    for (;; n++) {
        mem_fail_after(n);
        bool ok = flv_frame_to_avcc(&f, NULL);
        if (!mem_failed()) {
            assert_true(ok);
            break;
        }
        assert_false(ok);
        assert_ptr_equal(f, before);
        assert_memory_equal(f->data, annexb_config, sizeof annexb_config);
    }
    mem_fail_after(-1);
    assert_int_equal(n, 1); /* it allocates once */
    frame_unref(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_picture),
        cmocka_unit_test(key_is_what_the_header_says_or_the_idr),
        cmocka_unit_test(a_key_frame_without_bytes_is_none),
        cmocka_unit_test(configurations),
        cmocka_unit_test(a_script_is_all_media),
        cmocka_unit_test(bad_and_ignored_bodies),
        cmocka_unit_test(nanoseconds_move_the_pts_alone),
        cmocka_unit_test(a_header_beyond_64_kib_is_bad),
        cmocka_unit_test(annexb_pictures_become_length_prefixed),
        cmocka_unit_test(annexb_parameter_sets_become_a_record),
        cmocka_unit_test(what_cannot_be_converted_stays),
        cmocka_unit_test(a_length_that_looks_like_a_start_code_stays),
        cmocka_unit_test(start_codes_become_lengths_of_the_size_that_was_told),
        cmocka_unit_test(sets_and_pictures_of_hevc_are_converted_together),
        cmocka_unit_test(pictures_of_hevc_stay_as_their_configuration),
        cmocka_unit_test(one_track_of_a_multitrack_body_is_converted),
        cmocka_unit_test(out_of_memory_leaves_the_frame),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
