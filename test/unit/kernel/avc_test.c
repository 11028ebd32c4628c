#include "kernel/avc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* AVCDecoderConfigurationRecords made by x264. */
/* clang-format off */
static const uint8_t high_320x180_25[] = {
    0x01, 0x64, 0x00, 0x0C, 0xFF, 0xE1, 0x00, 0x1A,                   /* High, level 1.2; one SPS of 26 bytes */
    0x67, 0x64, 0x00, 0x0C, 0xAC, 0xD9, 0x41, 0x41, 0x9F, 0x9F, 0x01, 0x10, 0x00,
    0x00, 0x03, 0x00, 0x10, 0x00, 0x00, 0x03, 0x03, 0x20, 0xF1, 0x42, 0x99, 0x60,
    0x01, 0x00, 0x06, 0x68, 0xEA, 0xE3, 0xCB, 0x22, 0xC0,             /* one PPS of 6 bytes                   */
    0xFD, 0xF8, 0xF8, 0x00,                                           /* 4:2:0, 8 and 8 bits, no SPS extension */
};
/* clang-format on */
static const uint8_t high422_1918x1078[] = {
    0x01, 0x7A, 0x00, 0x34, 0xFF, 0xE1, 0x00, 0x1A, 0x67, 0x7A, 0x00, 0x34, 0xB6, 0xCD, 0x94, 0x07,
    0x80, 0x22, 0x7A, 0x8B, 0xC0, 0x44, 0x00, 0x00, 0x0F, 0xA4, 0x00, 0x03, 0xA9, 0x80, 0x3C, 0x60,
    0xC6, 0x58, 0x01, 0x00, 0x06, 0x68, 0xEB, 0xE3, 0xCB, 0x22, 0xC0, 0xFE, 0xFA, 0xFA, 0x00,
};
static const uint8_t main_720x576_interlaced[] = {
    0x01, 0x4D, 0x40, 0x2A, 0xFF, 0xE1, 0x00, 0x18, 0x67, 0x4D, 0x40, 0x2A, 0xEC, 0xA0,
    0x5A, 0x12, 0x6C, 0x04, 0x40, 0x00, 0x00, 0x03, 0x00, 0x40, 0x00, 0x00, 0x0C, 0x87,
    0xC5, 0x8B, 0x65, 0x80, 0x01, 0x00, 0x05, 0x68, 0xFB, 0xA3, 0xCB, 0x20,
};
static const uint8_t baseline_320x180[] = {
    0x01, 0x42, 0xC0, 0x0C, 0xFF, 0xE1, 0x00, 0x19, 0x67, 0x42, 0xC0, 0x0C, 0xD9, 0x01,
    0x41, 0x9F, 0x9F, 0x01, 0x10, 0x00, 0x00, 0x03, 0x00, 0x10, 0x00, 0x00, 0x03, 0x03,
    0x20, 0xF1, 0x42, 0xA4, 0x80, 0x01, 0x00, 0x05, 0x68, 0xCB, 0x83, 0xCB, 0x20,
};
static const uint8_t high444_320x180[] = {
    0x01, 0xF4, 0x00, 0x0C, 0xFF, 0xE1, 0x00, 0x19, 0x67, 0xF4, 0x00, 0x0C, 0x91, 0x9B, 0x28, 0x28,
    0x33, 0xF1, 0xB8, 0x08, 0x80, 0x00, 0x00, 0x03, 0x00, 0x80, 0x00, 0x00, 0x19, 0x07, 0x8A, 0x14,
    0xCB, 0x01, 0x00, 0x06, 0x68, 0xEB, 0xE3, 0xC4, 0x48, 0x44, 0xFF, 0xF8, 0xF8, 0x00,
};

static const struct {
    const uint8_t *bytes;
    size_t         len;
    const char    *profile, *level;
    uint32_t       width, height, fps_num, fps_den;
    unsigned       chroma, depth;
    bool           interlaced;
} records[] = {
    { high_320x180_25, sizeof high_320x180_25, "High", "1.2", 320, 180, 50, 2, 1, 8, false },
    { high422_1918x1078, sizeof high422_1918x1078, "High(422)", "5.2", 1918, 1078, 60000, 2002, 2, 10, false },
    { main_720x576_interlaced, sizeof main_720x576_interlaced, "Main", "4.2", 720, 576, 50, 2, 1, 8, true },
    { baseline_320x180, sizeof baseline_320x180, "Baseline(Constrained)", "1.2", 320, 180, 50, 2, 1, 8, false },
    { high444_320x180, sizeof high444_320x180, "High(444+Predictive)", "1.2", 320, 180, 50, 2, 3, 8, false },
};

static struct nalu first_of(struct rd sets)
{
    struct nalu nalu = { NULL, 0 };
    assert_true(nalu_next_avcc(&sets, 2, &nalu));
    return nalu;
}

static void reads_the_records_of_x264(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(records); i++) {
        struct avc_config config;
        struct avc_sps    sps;
        assert_true(avc_config_parse(records[i].bytes, records[i].len, &config));
        assert_int_equal(config.length_size, 4);
        assert_int_equal(config.n_sps, 1);
        assert_int_equal(config.n_pps, 1);
        assert_int_equal(avc_nalu_type(first_of(config.pps)), AVC_NALU_PPS);
        assert_true(avc_sps_parse(first_of(config.sps), &sps));
        assert_int_equal(sps.width, records[i].width);
        assert_int_equal(sps.height, records[i].height);
        assert_int_equal(sps.fps_num, records[i].fps_num);
        assert_int_equal(sps.fps_den, records[i].fps_den);
        assert_int_equal(sps.chroma_format_idc, records[i].chroma);
        assert_int_equal(sps.bit_depth, records[i].depth);
        assert_int_equal(sps.interlaced, records[i].interlaced);
        assert_string_equal(avc_profile_name(config.profile_idc, config.constraints), records[i].profile);
        assert_string_equal(avc_level_name(config.profile_idc, config.constraints, config.level_idc), records[i].level);
    }
}

static void a_cut_record_is_refused(void **state)
{
    (void)state;
    size_t through_pps = sizeof high_320x180_25 - 4; /* the chroma fields may be missing */
    for (size_t cut = 0; cut <= sizeof high_320x180_25; cut++) {
        uint8_t *bytes = malloc(cut + 1);
        memcpy(bytes, high_320x180_25, cut);
        struct avc_config config;
        assert_int_equal(avc_config_parse(bytes, cut, &config), cut >= through_pps);
        free(bytes);
    }
}

static void a_cut_sps_keeps_its_size_or_is_refused(void **state)
{
    (void)state;
    struct nalu sps_nalu = { high_320x180_25 + 8, 26 };
    for (size_t cut = 0; cut <= sps_nalu.len; cut++) {
        uint8_t *bytes = malloc(cut + 1);
        memcpy(bytes, sps_nalu.p, cut);
        struct avc_sps sps;
        bool           ok = avc_sps_parse((struct nalu){ bytes, cut }, &sps);
        if (ok) {
            assert_int_equal(sps.width, 320);
            assert_int_equal(sps.height, 180);
        }
        assert_int_equal(ok, cut >= 10);                /* the VUI flag is in the tenth byte     */
        assert_int_equal(ok && sps.fps_num, cut >= 22); /* and the timing ends in the 22nd byte */
        free(bytes);
    }
}

static void refuses_records_that_cannot_be(void **state)
{
    (void)state;
    uint8_t           bytes[sizeof high_320x180_25];
    struct avc_config config;
    memcpy(bytes, high_320x180_25, sizeof bytes);
    bytes[0] = 2; /* version */
    assert_false(avc_config_parse(bytes, sizeof bytes, &config));
    bytes[0] = 1;
    bytes[4] = 0xFC | 2; /* lengths of 3 bytes are reserved, and understood */
    assert_true(avc_config_parse(bytes, sizeof bytes, &config));
    assert_int_equal(config.length_size, 3);
    bytes[4] = 0xFF;
    bytes[5] = 0xE0 | 31; /* 31 SPS promised, one there */
    assert_false(avc_config_parse(bytes, sizeof bytes, &config));
}

static void refuses_an_sps_that_cannot_be(void **state)
{
    (void)state;
    struct avc_sps       sps;
    static const uint8_t zeros[64] = { 0x67 };
    assert_false(avc_sps_parse((struct nalu){ zeros, sizeof zeros }, &sps));
    assert_false(avc_sps_parse((struct nalu){ zeros, 0 }, &sps));
    assert_false(avc_sps_parse((struct nalu){ high_320x180_25 + 37, 6 }, &sps)); /* a PPS */
    uint8_t ones[64];
    memset(ones, 0xFF, sizeof ones);
    ones[0] = 0x67;
    assert_true(avc_sps_parse((struct nalu){ ones, sizeof ones }, &sps)); /* every code 0: 16x16 uncropped */
    assert_int_equal(sps.width, 16);
}

/* Read NAL units with lengths and write them with start codes. */
static void add_annexb(struct wr *w, struct rd sets)
{
    struct nalu nalu;
    while (nalu_next_avcc(&sets, 2, &nalu)) {
        wr_u32(w, 1);
        wr_bytes(w, nalu.p, nalu.len);
    }
    assert_false(sets.bad);
}

static void makes_the_record_that_x264_made(void **state)
{
    (void)state;
    uint8_t annexb[128], out[128];
    for (size_t i = 0; i < ARRAY_LEN(records); i++) {
        struct avc_config config;
        struct wr         a = wr_over(annexb, sizeof annexb), w = wr_over(out, sizeof out);
        assert_true(avc_config_parse(records[i].bytes, records[i].len, &config));
        wr_bytes(&a, "\0\0\0\1\x09\xF0", 6); /* an AUD that does not belong there */
        add_annexb(&a, config.sps);
        add_annexb(&a, config.pps);
        assert_true(avc_config_write_from_annexb(&w, annexb, wr_len(&a)));
        size_t want = records[i].len;
        if (records[i].bytes[1] == 244)
            want -= 4; /* ffmpeg adds chroma fields that 14496-15 has for 100, 110, 122 and 144 only */
        assert_int_equal(wr_len(&w), want);
        assert_memory_equal(out, records[i].bytes, want);
    }
}

static void makes_no_record_without_both_sets(void **state)
{
    (void)state;
    static const uint8_t sps_only[] = { 0, 0, 1, 0x67, 0x42, 0xC0, 0x0C, 0xD9 };
    static const uint8_t pps_only[] = { 0, 0, 1, 0x68, 0xCB };
    static const uint8_t short_sps[] = { 0, 0, 1, 0x67, 0x42, 0, 0, 1, 0x68, 0xCB };
    uint8_t              out[64];
    struct wr            w = wr_over(out, sizeof out);
    assert_false(avc_config_write_from_annexb(&w, sps_only, sizeof sps_only));
    assert_false(avc_config_write_from_annexb(&w, pps_only, sizeof pps_only));
    assert_false(avc_config_write_from_annexb(&w, short_sps, sizeof short_sps));
    assert_int_equal(wr_len(&w), 0);
}

static void makes_no_record_of_too_many_sets(void **state)
{
    (void)state;
    static const uint8_t sps[] = { 0, 0, 1, 0x67, 0x42, 0xC0, 0x0C, 0xD9 }, pps[] = { 0, 0, 1, 0x68, 0xCB };
    uint8_t              bytes[33 * 8 + 257 * 5], out[sizeof bytes + 16];
    for (unsigned n_sps = AVC_SPS_COUNT_MAX; n_sps <= AVC_SPS_COUNT_MAX + 1; n_sps++)
        for (unsigned n_pps = AVC_PPS_COUNT_MAX; n_pps <= AVC_PPS_COUNT_MAX + 1; n_pps++) {
            struct wr a = wr_over(bytes, sizeof bytes), w = wr_over(out, sizeof out);
            for (unsigned i = 0; i < n_sps; i++)
                wr_bytes(&a, sps, sizeof sps);
            for (unsigned i = 0; i < n_pps; i++)
                wr_bytes(&a, pps, sizeof pps);
            bool fits = n_sps == AVC_SPS_COUNT_MAX && n_pps == AVC_PPS_COUNT_MAX;
            assert_int_equal(avc_config_write_from_annexb(&w, bytes, wr_len(&a)), fits);
        }
}

static void names_profiles_and_levels(void **state)
{
    (void)state;
    assert_string_equal(avc_profile_name(66, 0), "Baseline");
    assert_string_equal(avc_profile_name(66, 0x40), "Baseline(Constrained)");
    assert_string_equal(avc_profile_name(88, 0), "Extended");
    assert_string_equal(avc_profile_name(110, 0), "High(10)");
    assert_string_equal(avc_profile_name(110, 0x10), "High(10+Intra)");
    assert_string_equal(avc_profile_name(122, 0x10), "High(422+Intra)");
    assert_string_equal(avc_profile_name(144, 0), "High(444)");
    assert_string_equal(avc_profile_name(244, 0x10), "High(444+Intra)");
    assert_string_equal(avc_profile_name(1, 0), "Other");
    assert_string_equal(avc_level_name(100, 0, 30), "3");
    assert_string_equal(avc_level_name(100, 0, 42), "4.2");
    assert_string_equal(avc_level_name(100, 0, 52), "5.2");
    assert_string_equal(avc_level_name(100, 0, 62), "6.2");
    assert_string_equal(avc_level_name(66, 0x10, 11), "1b");
    assert_string_equal(avc_level_name(100, 0x10, 11), "1.1");
    assert_string_equal(avc_level_name(100, 0, 33), "Other");
    assert_string_equal(avc_level_name(100, 0, 255), "Other");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_records_of_x264),
        cmocka_unit_test(a_cut_record_is_refused),
        cmocka_unit_test(a_cut_sps_keeps_its_size_or_is_refused),
        cmocka_unit_test(refuses_records_that_cannot_be),
        cmocka_unit_test(refuses_an_sps_that_cannot_be),
        cmocka_unit_test(makes_the_record_that_x264_made),
        cmocka_unit_test(makes_no_record_without_both_sets),
        cmocka_unit_test(makes_no_record_of_too_many_sets),
        cmocka_unit_test(names_profiles_and_levels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
