/* The tags that a player needs before those from the middle of an FLV file. */
#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "core/attr.h"
#include "kernel/amf0.h"
#include "kernel/flv.h"
#include "kernel/flv_part.h"

/* clang-format off */
static const uint8_t aac_config[] = { 0xaf, 0x00, 0x12, 0x10 };
static const uint8_t aac_frame[] = { 0xaf, 0x01, 0x21, 0x00 };
static const uint8_t avc_config[] = { 0x17, 0x00, 0x00, 0x00, 0x00, 0x01, 0x64, 0x00, 0x1e };
static const uint8_t avc_frame[] = { 0x17, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x65 };
static const uint8_t mp3_frame[] = { 0x2f, 0xff, 0xfb };
static const uint8_t meta[] = { 0x02, 0x00, 0x0a, 'o', 'n', 'M', 'e', 't', 'a', 'D', 'a', 't', 'a' };
/* clang-format on */

static uint8_t file[4096], head[4096];

static void put(struct wr *w, enum flv_tag_type type, const uint8_t *body, size_t len)
{
    flv_write_tag(w, &(struct flv_tag){ .type = (uint8_t)type, .dts_ms = 40, .body = body, .len = (uint32_t)len });
}

#define PUT(w, type, body) put(w, type, body, sizeof(body))

static void assert_head(const struct wr *written, const struct wr *wanted)
{
    struct wr out = wr_over(head, sizeof head);
    assert_true(flv_part_head(rd_over(file, wr_len(written)), &out));
    assert_int_equal(wr_len(&out), wr_len(wanted));
    assert_memory_equal(head, wanted->start, wr_len(wanted));
}

static void the_configurations_are_found_behind_the_metadata(void **state)
{
    (void)state;
    uint8_t   bytes[200];
    struct wr w = wr_over(file, sizeof file), wanted = wr_over(bytes, sizeof bytes);
    flv_write_header(&w, true, true);
    PUT(&w, FLV_SCRIPT, meta);
    PUT(&w, FLV_VIDEO, avc_config);
    PUT(&w, FLV_VIDEO, avc_frame);
    PUT(&w, FLV_AUDIO, aac_config);
    PUT(&w, FLV_AUDIO, aac_frame);
    PUT(&w, FLV_VIDEO, avc_config); /* a later configuration is not that of the beginning */

    flv_write_header(&wanted, true, true);
    PUT(&wanted, FLV_AUDIO, aac_config);
    PUT(&wanted, FLV_VIDEO, avc_config);
    assert_head(&w, &wanted);
}

/* Enhanced RTMP v2: a body with one track, whose number stands behind the FourCC. */
static void each_track_has_its_configuration(void **state)
{
    static const uint8_t first[] = { 0x95, 0x00, 'm', 'p', '4', 'a', 0, 0x12, 0x10 };
    static const uint8_t second[] = { 0x95, 0x00, 'm', 'p', '4', 'a', 1, 0x11, 0x90 };
    static const uint8_t frame[] = { 0x95, 0x01, 'm', 'p', '4', 'a', 0, 0x21, 0x00 };
    (void)state;
    uint8_t   bytes[200];
    struct wr w = wr_over(file, sizeof file), wanted = wr_over(bytes, sizeof bytes);
    flv_write_header(&w, true, true);
    PUT(&w, FLV_VIDEO, avc_config);
    PUT(&w, FLV_AUDIO, first);
    PUT(&w, FLV_VIDEO, avc_frame);
    PUT(&w, FLV_AUDIO, frame);
    PUT(&w, FLV_AUDIO, second);
    PUT(&w, FLV_AUDIO, first);
    flv_write_header(&wanted, true, true);
    PUT(&wanted, FLV_AUDIO, first);
    PUT(&wanted, FLV_AUDIO, second);
    PUT(&wanted, FLV_VIDEO, avc_config);
    assert_head(&w, &wanted);
}

static void a_codec_without_configuration_has_none(void **state)
{
    (void)state;
    uint8_t   bytes[200];
    struct wr w = wr_over(file, sizeof file), wanted = wr_over(bytes, sizeof bytes);
    flv_write_header(&w, true, false);
    PUT(&w, FLV_AUDIO, mp3_frame);
    PUT(&w, FLV_AUDIO, mp3_frame);
    flv_write_header(&wanted, true, false);
    assert_head(&w, &wanted);
}

static void a_file_that_ends_anywhere_gives_what_is_there(void **state)
{
    (void)state;
    struct wr w = wr_over(file, sizeof file);
    flv_write_header(&w, true, true);
    PUT(&w, FLV_VIDEO, avc_config);
    PUT(&w, FLV_AUDIO, aac_config);
    for (size_t len = 0; len <= wr_len(&w); len++) {
        struct wr out = wr_over(head, sizeof head);
        assert_int_equal(flv_part_head(rd_over(file, len), &out), len >= FLV_HEADER_LEN);
    }
}

static void what_is_no_flv_or_too_large_is_refused(void **state)
{
    (void)state;
    struct wr w = wr_over(file, sizeof file), out = wr_over(head, sizeof head), small = wr_over(head, 20);
    assert_false(flv_part_head(rd_over("MP4 or whatever it may be", 25), &out));
    flv_write_header(&w, true, true);
    PUT(&w, FLV_VIDEO, avc_config);
    assert_false(flv_part_head(rd_over(file, wr_len(&w)), &small));
}

/* Metadata with an index of three key frames. */
static struct wr file_with_index(const double places[3])
{
    enum { KEYS = 3 };
    static uint8_t    body[1024];
    static const char title[] = "title";
    struct wr         w = wr_over(file, sizeof file), b = wr_over(body, sizeof body);
    amf0_write_string(&b, "onMetaData");
    amf0_write_ecma_array(&b, 4);
    amf0_put_number(&b, "duration", 6);
    amf0_put_number(&b, "filesize", 12345);
    amf0_write_key(&b, "keyframes");
    amf0_write_object(&b);
    amf0_write_key(&b, "filepositions");
    amf0_write_strict_array(&b, KEYS);
    for (size_t i = 0; i < KEYS; i++)
        amf0_write_number(&b, places[i]);
    amf0_write_key(&b, "times");
    amf0_write_strict_array(&b, KEYS);
    for (size_t i = 0; i < KEYS; i++)
        amf0_write_number(&b, (double)i * 2);
    amf0_write_end(&b);
    amf0_put_string(&b, title, "a walk");
    amf0_write_end(&b);
    flv_write_header(&w, true, true);
    put(&w, FLV_SCRIPT, body, wr_len(&b));
    PUT(&w, FLV_VIDEO, avc_config);
    PUT(&w, FLV_VIDEO, avc_frame);
    PUT(&w, FLV_AUDIO, aac_config);
    return w;
}

static struct wr indexed_file(void)
{
    return file_with_index((const double[]){ 400, 5000, 9000 });
}

static void a_place_that_is_none_is_passed_over(void **state)
{
    static const double odd[] = { 0.5, -1, 0, 1e300, INFINITY, NAN };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(odd); i++) {
        struct wr w = file_with_index((const double[]){ 400, 5000, odd[i] });
        uint64_t  at;
        int32_t   ms;
        assert_true(flv_part_indexed(rd_over(file, wr_len(&w)), INT32_MAX, &at, &ms));
        assert_int_equal(at, 5000);
    }
}

static void the_index_tells_the_key_frame_before_a_time(void **state)
{
    (void)state;
    struct wr w = indexed_file();
    struct rd r = rd_over(file, wr_len(&w));
    uint64_t  at;
    int32_t   ms;
    assert_false(flv_part_indexed(r, 1999, &at, &ms)); /* only the first fits, and there may be sound before it */
    assert_true(flv_part_indexed(r, 3999, &at, &ms));
    assert_int_equal(at, 5000);
    assert_int_equal(ms, 2000);
    assert_true(flv_part_indexed(r, INT32_MAX, &at, &ms));
    assert_int_equal(at, 9000);
    for (size_t len = 0; len < 100; len++)
        assert_false(flv_part_indexed(rd_over(file, len), INT32_MAX, &at, &ms));
}

static void the_head_of_a_time_has_metadata_without_places_in_the_file(void **state)
{
    (void)state;
    struct wr         w = indexed_file(), out = wr_over(head, sizeof head);
    struct flv_header header;
    struct flv_tag    tag;
    struct rd         value;
    assert_true(flv_part_head_at(rd_over(file, wr_len(&w)), 2000, 99, &out));
    struct rd r = rd_over(head, wr_len(&out));
    assert_int_equal(flv_read_header(&r, &header), FLV_GOT);
    assert_int_equal(flv_read_tag(&r, &tag), FLV_GOT);
    assert_int_equal(tag.type, FLV_SCRIPT);
    assert_int_equal(tag.dts_ms, 2000);
    struct rd body = rd_over(tag.body, tag.len);
    assert_true(amf0_text_is(amf0_read_string(&body), "onMetaData"));
    assert_float_equal(amf0_get_number(body, "duration", 0), 6, 0);
    assert_true(amf0_text_is(amf0_get_string(body, "title"), "a walk"));
    assert_false(amf0_find(body, "keyframes", &value));
    assert_false(amf0_find(body, "filesize", &value));
    static const struct {
        enum flv_tag_type type;
        size_t            len;
    } configs[] = { { FLV_AUDIO, sizeof aac_config }, { FLV_VIDEO, sizeof avc_config } };
    for (size_t i = 0; i < ARRAY_LEN(configs); i++) {
        assert_int_equal(flv_read_tag(&r, &tag), FLV_GOT);
        assert_int_equal(tag.type, configs[i].type);
        assert_int_equal(tag.len, configs[i].len);
        assert_int_equal(tag.dts_ms, 2000);
    }
    assert_int_equal(rd_left(&r), 0);
}

static void a_file_without_a_duration_gets_it(void **state)
{
    (void)state;
    struct wr         w = wr_over(file, sizeof file), out = wr_over(head, sizeof head);
    struct flv_header header;
    struct flv_tag    tag;
    flv_write_header(&w, true, false);
    PUT(&w, FLV_AUDIO, mp3_frame);
    assert_true(flv_part_head_at(rd_over(file, wr_len(&w)), 0, 99, &out));
    struct rd r = rd_over(head, wr_len(&out));
    assert_int_equal(flv_read_header(&r, &header), FLV_GOT);
    assert_int_equal(flv_read_tag(&r, &tag), FLV_GOT);
    struct rd body = rd_over(tag.body, tag.len);
    amf0_skip(&body);
    assert_float_equal(amf0_get_number(body, "duration", 0), 99, 0);
    assert_float_equal(flv_part_duration(rd_over(head, wr_len(&out))), 99, 0);
    assert_float_equal(flv_part_duration(rd_over(file, wr_len(&w))), 0, 0);
}

static void a_look_tells_media_from_configurations(void **state)
{
    static const struct {
        enum flv_tag_type type;
        uint8_t           body[2];
        bool              is_media, is_key;
    } rows[] = {
        { FLV_VIDEO, { 0x17, 0 }, false, false }, { FLV_VIDEO, { 0x17, 1 }, true, true },
        { FLV_VIDEO, { 0x27, 1 }, true, false },  { FLV_VIDEO, { 0x17, 2 }, false, false },
        { FLV_VIDEO, { 0x12, 9 }, true, true },   { FLV_VIDEO, { 0x90, 'h' }, false, false },
        { FLV_VIDEO, { 0x91, 'h' }, true, true }, { FLV_VIDEO, { 0xa3, 'h' }, true, false },
        { FLV_AUDIO, { 0xaf, 0 }, false, false }, { FLV_AUDIO, { 0xaf, 1 }, true, false },
        { FLV_AUDIO, { 0x2f, 0 }, true, false },  { FLV_SCRIPT, { 2, 0 }, false, false },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct flv_peek peek;
        struct wr       w = wr_over(file, sizeof file);
        put(&w, rows[i].type, rows[i].body, 2);
        assert_true(flv_peek(file, &peek));
        assert_int_equal(peek.is_media, rows[i].is_media);
        assert_int_equal(peek.is_key, rows[i].is_key);
        assert_int_equal(peek.tag.dts_ms, 40);
    }
    struct flv_peek peek;
    file[0] = 7;
    assert_false(flv_peek(file, &peek));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_configurations_are_found_behind_the_metadata),
        cmocka_unit_test(each_track_has_its_configuration),
        cmocka_unit_test(a_codec_without_configuration_has_none),
        cmocka_unit_test(a_file_that_ends_anywhere_gives_what_is_there),
        cmocka_unit_test(what_is_no_flv_or_too_large_is_refused),
        cmocka_unit_test(a_place_that_is_none_is_passed_over),
        cmocka_unit_test(the_index_tells_the_key_frame_before_a_time),
        cmocka_unit_test(the_head_of_a_time_has_metadata_without_places_in_the_file),
        cmocka_unit_test(a_file_without_a_duration_gets_it),
        cmocka_unit_test(a_look_tells_media_from_configurations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
