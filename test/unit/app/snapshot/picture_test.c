#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "app/snapshot/gray_h264.h"
#include "app/snapshot/picture.h"
#include "core/attr.h"
#include "core/mem.h"

static void extensions_name_formats(void **state)
{
    enum picture_format f;
    (void)state;
    assert_true(picture_parse_extension("jpg", &f) && f == PICTURE_JPEG);
    assert_true(picture_parse_extension(".jpeg", &f) && f == PICTURE_JPEG);
    assert_true(picture_parse_extension(".webp", &f) && f == PICTURE_WEBP);
    static const char *const others[] = { "", ".", "..jpg", "JPG", "png", ".jpg ", "webp.jpg" };
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        assert_false(picture_parse_extension(others[i], &f));
    for (enum picture_format i = 0; i < PICTURE_I420; i++)
        assert_true(picture_parse_extension(picture_extension(i), &f) && f == i);
    assert_string_equal(picture_type(PICTURE_WEBP), "image/webp");
}

static void a_picture_keeps_its_shape_and_fits_into_the_box(void **state)
{
    /* clang-format off */
    static const struct { int width, height, num, den, box_w, box_h, to_w, to_h; } rows[] = {
        { 1920, 1080, 0, 1,     0,    0, 1920, 1080 },
        { 1920, 1080, 1, 1,   320,    0,  320,  180 },
        { 1920, 1080, 1, 1,     0,   90,  160,   90 },
        { 1920, 1080, 1, 1,   320,  320,  320,  180 },
        { 1080, 1920, 1, 1,   320,  320,  180,  320 },
        {  160,  120, 1, 1,   640,    0,  640,  480 }, /* larger than it is */
        {  720,  576, 64, 45,   0,    0, 1024,  576 }, /* pixels that are no squares */
        {  720,  576, 1000, 1,  0,    0,  720,  576 }, /* nonsense */
        {  720,  576, -1, 1,    0,    0,  720,  576 },
        { 8192, 4096, 1, 1,     0,    0, 4096, 2048 },
        {   16,    2, 1, 1,     1,    1,    1,    1 },
        { 8192,    1, 1, 1,    10,    0,   10,    1 },
        {  100,  100, 1, 1,    -5, 9999, 4096, 4096 },
    };
    /* clang-format on */
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int                 w = rows[i].width, h = rows[i].height;
        struct picture_wish wish = { PICTURE_JPEG, rows[i].box_w, rows[i].box_h };
        picture_fit(&w, &h, rows[i].num, rows[i].den, &wish);
        assert_int_equal(w, rows[i].to_w);
        assert_int_equal(h, rows[i].to_h);
    }
}

static enum picture_result make(const uint8_t *bytes, size_t len, enum picture_format format, struct picture *out)
{
    const struct picture_bits bits = { CODEC_H264, gray_config, bytes, sizeof gray_config, len };
    const struct picture_wish wish = { format, 0, 0 };
    return picture_make(&bits, &wish, out);
}

static bool is_built(void)
{
    struct picture p;
    bool           is = make(gray_idr, sizeof gray_idr, PICTURE_JPEG, &p) != PICTURE_UNBUILT;
    mem_free(p.bytes);
    return is;
}

static void a_key_frame_becomes_a_jpeg_and_a_webp(void **state)
{
    struct picture p;
    (void)state;
    if (!is_built())
        skip();
    assert_int_equal(make(gray_idr, sizeof gray_idr, PICTURE_JPEG, &p), PICTURE_MADE);
    assert_true(p.len > 4 && p.bytes[0] == 0xff && p.bytes[1] == 0xd8 && p.bytes[p.len - 2] == 0xff &&
                p.bytes[p.len - 1] == 0xd9);
    mem_free(p.bytes);
    assert_int_equal(make(gray_idr, sizeof gray_idr, PICTURE_WEBP, &p), PICTURE_MADE);
    assert_true(p.len > 12 && memcmp(p.bytes, "RIFF", 4) == 0 && memcmp(p.bytes + 8, "WEBP", 4) == 0);
    mem_free(p.bytes);
}

static void a_codec_without_key_pictures_is_told(void **state)
{
    const struct picture_bits bits = { .codec = CODEC_AAC, .bytes = gray_idr, .len = sizeof gray_idr };
    const struct picture_wish wish = { PICTURE_JPEG, 0, 0 };
    struct picture            p;
    (void)state;
    if (!is_built())
        skip();
    assert_int_equal(picture_make(&bits, &wish, &p), PICTURE_UNKNOWN);
    assert_null(p.bytes);
    assert_true(*p.why);
}

/* Every prefix, and many changes of single bytes, of configuration and picture: an answer, and no fault. */
static void damaged_bits_give_an_answer(void **state)
{
    enum { ROUNDS = 2000 };
    static const enum codec   codecs[] = { CODEC_H264, CODEC_HEVC, CODEC_AV1, CODEC_VP8, CODEC_VP9 };
    const struct picture_wish wish = { PICTURE_JPEG, 8, 8 };
    struct picture            p;
    (void)state;
    if (!is_built())
        skip();
    for (size_t cut = 0; cut < sizeof gray_idr; cut++) {
        enum picture_result r = make(gray_idr, cut, PICTURE_JPEG, &p);
        assert_true((r == PICTURE_MADE) == (p.bytes != NULL) && (r == PICTURE_MADE) == !*p.why);
        mem_free(p.bytes);
    }
    srand(1);
    for (int i = 0; i < ROUNDS; i++) {
        uint8_t config[sizeof gray_config], idr[sizeof gray_idr];
        memcpy(config, gray_config, sizeof config);
        memcpy(idr, gray_idr, sizeof idr);
        config[rand() % (int)sizeof config] = (uint8_t)rand();
        idr[rand() % (int)sizeof idr] = (uint8_t)rand();
        const struct picture_bits bits = { codecs[i % (int)ARRAY_LEN(codecs)], config, idr, sizeof config, sizeof idr };
        enum picture_result       r = picture_make(&bits, &wish, &p);
        assert_true((r == PICTURE_MADE) == (p.bytes != NULL));
        mem_free(p.bytes);
    }
}

static void without_memory_there_is_no_picture(void **state)
{
    struct picture p;
    (void)state;
    if (!is_built())
        skip();
    mem_fail_after(0);
    assert_int_equal(make(gray_idr, sizeof gray_idr, PICTURE_JPEG, &p), PICTURE_NO_MEMORY);
    mem_fail_after(-1);
    assert_null(p.bytes);
    assert_true(*p.why);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(extensions_name_formats),
        cmocka_unit_test(a_picture_keeps_its_shape_and_fits_into_the_box),
        cmocka_unit_test(a_key_frame_becomes_a_jpeg_and_a_webp),
        cmocka_unit_test(a_codec_without_key_pictures_is_told),
        cmocka_unit_test(damaged_bits_give_an_answer),
        cmocka_unit_test(without_memory_there_is_no_picture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
