#include "kernel/hevc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* HEVCDecoderConfigurationRecords made by x265, without the SEI. */
/* clang-format off */
static const uint8_t main_320x180_25[] = {
    0x01, 0x01, 0x60, 0x00, 0x00, 0x00, 0x90, 0x00, 0x00, 0x00, 0x00, 0x00, 0x3C, 0xF0, 0x00, 0xFC, 0xFD, 0xF8, 0xF8,
    0x00, 0x00, 0x0F, 0x03,                         /* three arrays    */
    0xA0, 0x00, 0x01, 0x00, 0x18,                   /* VPS of 24 bytes */
    0x40, 0x01, 0x0C, 0x01, 0xFF, 0xFF, 0x01, 0x60, 0x00, 0x00, 0x03, 0x00, 0x90, 0x00, 0x00, 0x03, 0x00, 0x00, 0x03,
    0x00, 0x3C, 0x95, 0x98, 0x09,
    0xA1, 0x00, 0x01, 0x00, 0x2B,                   /* SPS of 43 bytes */
    0x42, 0x01, 0x01, 0x01, 0x60, 0x00, 0x00, 0x03, 0x00, 0x90, 0x00, 0x00, 0x03, 0x00, 0x00, 0x03, 0x00, 0x3C, 0xA0,
    0x0A, 0x08, 0x0B, 0x9F, 0x79, 0x65, 0x66, 0x92, 0x4C, 0xAF, 0x01, 0x68, 0x08, 0x00, 0x00, 0x03, 0x00, 0x08, 0x00,
    0x00, 0x03, 0x00, 0xC8, 0x40,
    0xA2, 0x00, 0x01, 0x00, 0x07,                   /* PPS of 7 bytes  */
    0x44, 0x01, 0xC1, 0x72, 0xB4, 0x62, 0x40,
};
/* clang-format on */
static const uint8_t main10_1918x1078_60[] = {
    0x01, 0x02, 0x20, 0x00, 0x00, 0x00, 0x90, 0x00, 0x00, 0x00, 0x00, 0x00, 0x7B, 0xF0, 0x00, 0xFC, 0xFD, 0xFA, 0xFA,
    0x00, 0x00, 0x0F, 0x03, 0xA0, 0x00, 0x01, 0x00, 0x18, 0x40, 0x01, 0x0C, 0x01, 0xFF, 0xFF, 0x02, 0x20, 0x00, 0x00,
    0x03, 0x00, 0x90, 0x00, 0x00, 0x03, 0x00, 0x00, 0x03, 0x00, 0x7B, 0x95, 0x98, 0x09, 0xA1, 0x00, 0x01, 0x00, 0x2D,
    0x42, 0x01, 0x01, 0x02, 0x20, 0x00, 0x00, 0x03, 0x00, 0x90, 0x00, 0x00, 0x03, 0x00, 0x00, 0x03, 0x00, 0x7B, 0xA0,
    0x03, 0xC0, 0x80, 0x10, 0xE7, 0x54, 0xD9, 0x65, 0x66, 0x92, 0x4C, 0xAF, 0x01, 0x68, 0x08, 0x00, 0x00, 0x03, 0x00,
    0x08, 0x00, 0x00, 0x03, 0x01, 0xE0, 0x40, 0xA2, 0x00, 0x01, 0x00, 0x07, 0x44, 0x01, 0xC1, 0x72, 0xB4, 0x62, 0x40,
};

enum { SPS_AT = 23 + 5 + 24 + 5, SPS_LEN = 43, VPS_AT = 23 + 5, VPS_LEN = 24 };

static void reads_the_records_of_x265(void **state)
{
    (void)state;
    static const struct {
        const uint8_t *bytes;
        size_t         len;
        const char    *profile, *level;
        uint32_t       width, height, fps;
        unsigned       depth;
    } rows[] = {
        { main_320x180_25, sizeof main_320x180_25, "Main", "2", 320, 180, 25, 8 },
        { main10_1918x1078_60, sizeof main10_1918x1078_60, "Main10", "4.1", 1918, 1078, 60, 10 },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct hevc_config config;
        struct hevc_sps    sps;
        struct nalu        nalu;
        assert_true(hevc_config_parse(rows[i].bytes, rows[i].len, &config));
        assert_int_equal(config.length_size, 4);
        assert_int_equal(config.bit_depth, rows[i].depth);
        assert_int_equal(config.chroma_format_idc, 1);
        assert_string_equal(hevc_profile_name(config.profile_idc, config.compatibility), rows[i].profile);
        assert_string_equal(hevc_level_name(config.level_idc), rows[i].level);
        assert_true(hevc_config_find(&config, HEVC_NALU_SPS, &nalu));
        assert_true(hevc_sps_parse(nalu, &sps));
        assert_int_equal(sps.width, rows[i].width);
        assert_int_equal(sps.height, rows[i].height);
        assert_int_equal(sps.fps_num, rows[i].fps);
        assert_int_equal(sps.fps_den, 1);
        assert_int_equal(sps.bit_depth, rows[i].depth);
        assert_int_equal(sps.level_idc, config.level_idc);
        assert_int_equal(sps.profile_idc, config.profile_idc);
    }
}

static void walks_every_unit_of_a_record(void **state)
{
    (void)state;
    static const unsigned types[] = { HEVC_NALU_VPS, HEVC_NALU_SPS, HEVC_NALU_PPS };
    struct hevc_config    config;
    struct nalu           nalu;
    assert_true(hevc_config_parse(main_320x180_25, sizeof main_320x180_25, &config));
    struct hevc_config_walk walk = hevc_config_open(&config);
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        assert_true(hevc_config_next(&walk, &nalu));
        assert_int_equal(hevc_nalu_type(nalu), types[i]);
    }
    assert_false(hevc_config_next(&walk, &nalu));
    assert_false(hevc_config_find(&config, HEVC_NALU_SEI, &nalu));
}

static void a_cut_record_is_refused(void **state)
{
    (void)state;
    for (size_t cut = 0; cut < sizeof main_320x180_25; cut++) {
        uint8_t *bytes = malloc(cut + 1);
        memcpy(bytes, main_320x180_25, cut);
        struct hevc_config config;
        assert_false(hevc_config_parse(bytes, cut, &config));
        struct hevc_config_walk walk = hevc_config_open(&config); /* even then the walk ends inside the bytes */
        struct nalu             nalu;
        while (hevc_config_next(&walk, &nalu))
            assert_true(nalu.p + nalu.len <= bytes + cut);
        free(bytes);
    }
}

static void a_cut_sps_keeps_its_size_or_is_refused(void **state)
{
    (void)state;
    size_t with_size = 0, with_fps = 0;
    for (size_t cut = 0; cut <= SPS_LEN; cut++) {
        uint8_t *bytes = malloc(cut + 1);
        memcpy(bytes, main_320x180_25 + SPS_AT, cut);
        struct hevc_sps sps;
        if (hevc_sps_parse((struct nalu){ bytes, cut }, &sps)) {
            assert_int_equal(sps.width, 320);
            assert_int_equal(sps.height, 180);
            with_size++;
            if (sps.fps_num) {
                assert_int_equal(sps.fps_num, 25);
                with_fps++;
            }
        }
        free(bytes);
    }
    assert_true(with_size > with_fps && with_fps >= 1);
}

static void refuses_what_cannot_be(void **state)
{
    (void)state;
    uint8_t            bytes[sizeof main_320x180_25];
    struct hevc_config config;
    memcpy(bytes, main_320x180_25, sizeof bytes);
    bytes[0] = 2; /* version */
    assert_false(hevc_config_parse(bytes, sizeof bytes, &config));
    bytes[0] = 0; /* version of a draft */
    assert_true(hevc_config_parse(bytes, sizeof bytes, &config));
    bytes[21] = 0x0E; /* lengths of 3 bytes are reserved, and understood */
    assert_true(hevc_config_parse(bytes, sizeof bytes, &config));
    assert_int_equal(config.length_size, 3);

    struct hevc_sps sps;
    uint8_t         zeros[64] = { 0x42, 0x01 };
    assert_false(hevc_sps_parse((struct nalu){ zeros, sizeof zeros }, &sps));
    assert_false(hevc_sps_parse((struct nalu){ zeros, 1 }, &sps));
    assert_false(hevc_sps_parse((struct nalu){ main_320x180_25 + VPS_AT, VPS_LEN }, &sps));
    uint8_t seven_sub_layers[64] = { 0x42, 0x01, 0x0E };
    assert_false(hevc_sps_parse((struct nalu){ seven_sub_layers, sizeof seven_sub_layers }, &sps));
}

/* A writer of bits, most significant first, for parameter sets that the encoders at hand do not make. */
struct bit_writer {
    uint8_t bytes[256];
    size_t  n;
};

static void put(struct bit_writer *w, unsigned n, uint32_t v)
{
    while (n--) {
        if (v >> n & 1)
            w->bytes[w->n / 8] |= (uint8_t)(0x80 >> w->n % 8);
        w->n++;
        assert_true(w->n / 8 < sizeof w->bytes);
    }
}

static void put_ue(struct bit_writer *w, uint32_t v)
{
    unsigned zeros = 0;
    while ((v + 1) >> (zeros + 1))
        zeros++;
    put(w, zeros, 0);
    put(w, zeros + 1, v + 1);
}

/* An SPS whose second and third reference picture sets are coded as shifts, one with a dropped picture. */
static void counts_the_pictures_of_shifted_reference_sets(void **state)
{
    (void)state;
    struct bit_writer w = { .bytes = { 0x42, 0x01 }, .n = 16 };
    put(&w, 4 + 3 + 1, 1); /* VPS 0, one sub-layer, nesting */
    put(&w, 8, 0xFF);      /* profile, all ones: no emulation prevention */
    put(&w, 32, 0xFFFFFFFF);
    put(&w, 24, 0xFFFFFF);
    put(&w, 24, 0xFFFFFF);
    put(&w, 8, 93); /* level 3.1 */
    put_ue(&w, 0);  /* SPS 0 */
    put_ue(&w, 1);  /* 4:2:0 */
    put_ue(&w, 640);
    put_ue(&w, 360);
    put(&w, 1, 0); /* no window */
    put_ue(&w, 0);
    put_ue(&w, 0); /* 8 and 8 bits */
    put_ue(&w, 4); /* picture order count of 8 bits */
    put(&w, 1, 1);
    put_ue(&w, 4), put_ue(&w, 2), put_ue(&w, 0);
    for (int i = 0; i < 6; i++)
        put_ue(&w, 1);
    put(&w, 1, 1), put(&w, 1, 1); /* a scaling list, every matrix predicted */
    for (int i = 0; i < 6 * 3 + 2; i++)
        put(&w, 1, 0), put_ue(&w, 0);
    put(&w, 2, 3);
    put(&w, 1, 1), put(&w, 8, 0x77); /* PCM */
    put_ue(&w, 0), put_ue(&w, 0), put(&w, 1, 0);
    put_ue(&w, 3);                /* three sets */
    put_ue(&w, 2), put_ue(&w, 1); /* 0: -1 -3 | +2 */
    put_ue(&w, 0), put(&w, 1, 1), put_ue(&w, 1), put(&w, 1, 1), put_ue(&w, 1), put(&w, 1, 1);
    put(&w, 1, 1); /* 1: shifted by +1: 0 (dropped) -2 +3 | +1 */
    put(&w, 1, 0), put_ue(&w, 0), put(&w, 4, 0xF);
    put(&w, 1, 1); /* 2: shifted by -1 from -2 +1 +3: 4 flags */
    put(&w, 1, 1), put_ue(&w, 0);
    put(&w, 1, 1), put(&w, 2, 0), put(&w, 2, 1), put(&w, 1, 1);
    put(&w, 1, 1), put_ue(&w, 1), put(&w, 8 + 1, 0x1FF); /* one long-term picture */
    put(&w, 2, 3);
    put(&w, 1, 1); /* VUI */
    put(&w, 1, 1), put(&w, 8, 255), put(&w, 32, 0x11111111);
    put(&w, 1, 1), put(&w, 1, 1);
    put(&w, 1, 1), put(&w, 4, 5), put(&w, 1, 1), put(&w, 24, 0x111111);
    put(&w, 1, 1), put_ue(&w, 1), put_ue(&w, 1);
    put(&w, 3, 7);
    put(&w, 1, 1), put_ue(&w, 1), put_ue(&w, 1), put_ue(&w, 1), put_ue(&w, 1);
    put(&w, 1, 1), put(&w, 32, 0x3E9B3E9B), put(&w, 32, 0x7D377D37); /* any rate without zeros */
    struct hevc_sps sps;
    assert_true(hevc_sps_parse((struct nalu){ w.bytes, w.n / 8 + 1 }, &sps));
    assert_int_equal(sps.width, 640);
    assert_int_equal(sps.height, 360);
    assert_int_equal(sps.fps_num, 0x7D377D37);
    assert_int_equal(sps.fps_den, 0x3E9B3E9B);
}

static void reads_the_rate_of_a_vps(void **state)
{
    (void)state;
    uint32_t num = 0, den = 0;
    assert_false(
        hevc_vps_fps((struct nalu){ main_320x180_25 + VPS_AT, VPS_LEN }, &num, &den)); /* x265 tells it in the SPS */
    struct bit_writer w = { .bytes = { 0x40, 0x01 }, .n = 16 };
    put(&w, 4 + 2 + 6, 0x0C0);    /* VPS 0, base layer, one layer */
    put(&w, 3, 1), put(&w, 1, 1); /* two sub-layers */
    put(&w, 16, 0xFFFF);
    for (int i = 0; i < 12; i++)
        put(&w, 8, 0x5A);               /* general profile and level */
    put(&w, 2, 3), put(&w, 14, 0x1555); /* sub-layer profile and level, reserved */
    for (int i = 0; i < 12; i++)
        put(&w, 8, 0x5A);
    put(&w, 1, 1);
    for (int i = 0; i < 6; i++)
        put_ue(&w, 1);
    put(&w, 6, 1), put_ue(&w, 2), put(&w, 4, 0xF); /* two more layer sets of two layers */
    put(&w, 1, 1), put(&w, 32, 0x01010101), put(&w, 32, 0x19191919);
    assert_true(hevc_vps_fps((struct nalu){ w.bytes, w.n / 8 + 1 }, &num, &den));
    assert_int_equal(num, 0x19191919);
    assert_int_equal(den, 0x01010101);
    for (size_t cut = 0; cut < w.n / 8; cut++)
        assert_false(hevc_vps_fps((struct nalu){ w.bytes, cut }, &num, &den));
}

static void names_profiles_and_levels(void **state)
{
    (void)state;
    assert_string_equal(hevc_profile_name(3, 0), "Main Still Picture");
    assert_string_equal(hevc_profile_name(4, 0), "Rext");
    assert_string_equal(hevc_profile_name(9, 0), "Other");
    assert_string_equal(hevc_profile_name(0, 0x60000000), "Main");
    assert_string_equal(hevc_profile_name(0, 0), "Other");
    assert_string_equal(hevc_level_name(63), "2.1");
    assert_string_equal(hevc_level_name(186), "6.2");
    assert_string_equal(hevc_level_name(64), "Other");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_records_of_x265), cmocka_unit_test(walks_every_unit_of_a_record),
        cmocka_unit_test(a_cut_record_is_refused),   cmocka_unit_test(a_cut_sps_keeps_its_size_or_is_refused),
        cmocka_unit_test(refuses_what_cannot_be),    cmocka_unit_test(counts_the_pictures_of_shifted_reference_sets),
        cmocka_unit_test(reads_the_rate_of_a_vps),   cmocka_unit_test(names_profiles_and_levels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
