/* The tags that a player needs before those from the middle of an FLV file. */
#include <cmocka.h>
#include <string.h>

#include "app/http/flv_seek.h"
#include "core/attr.h"
#include "kernel/flv.h"

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
    assert_true(flv_seek_head(rd_over(file, wr_len(written)), &out));
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
        assert_int_equal(flv_seek_head(rd_over(file, len), &out), len >= FLV_HEADER_LEN);
    }
}

static void what_is_no_flv_or_too_large_is_refused(void **state)
{
    (void)state;
    struct wr w = wr_over(file, sizeof file), out = wr_over(head, sizeof head), small = wr_over(head, 20);
    assert_false(flv_seek_head(rd_over("MP4 or whatever it may be", 25), &out));
    flv_write_header(&w, true, true);
    PUT(&w, FLV_VIDEO, avc_config);
    assert_false(flv_seek_head(rd_over(file, wr_len(&w)), &small));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_configurations_are_found_behind_the_metadata),
        cmocka_unit_test(a_codec_without_configuration_has_none),
        cmocka_unit_test(a_file_that_ends_anywhere_gives_what_is_there),
        cmocka_unit_test(what_is_no_flv_or_too_large_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
