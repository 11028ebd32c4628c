#include "kernel/opus.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* OpusHead of libopus: version 1, mono, pre-skip 312, 48000 Hz, no gain, family 0 */
static const uint8_t mono[] = {
    'O', 'p', 'u', 's', 'H', 'e', 'a', 'd', 0x01, 0x01, 0x38, 0x01, 0x80, 0xBB, 0x00, 0x00, 0x00, 0x00, 0x00,
};

static void reads_the_header_of_libopus(void **state)
{
    (void)state;
    struct opus_head h;
    assert_true(opus_head_parse(mono, sizeof mono, &h));
    assert_int_equal(h.channels, 1);
    assert_int_equal(h.pre_skip, 312);
    assert_int_equal(h.input_rate, 48000);
    assert_int_equal(h.mapping_family, 0);
}

static void a_cut_is_refused(void **state)
{
    (void)state;
    for (size_t cut = 0; cut < sizeof mono; cut++) {
        uint8_t         *bytes = malloc(cut + 1);
        struct opus_head h;
        memcpy(bytes, mono, cut);
        assert_false(opus_head_parse(bytes, cut, &h));
        free(bytes);
    }
}

static void surround_needs_its_mapping(void **state)
{
    (void)state;
    uint8_t          bytes[sizeof mono + 2 + 6] = { 0 };
    struct opus_head h;
    memcpy(bytes, mono, sizeof mono);
    bytes[9] = 6;
    assert_false(opus_head_parse(bytes, sizeof mono, &h)); /* six channels of family 0 */
    bytes[18] = 1;
    assert_false(opus_head_parse(bytes, sizeof bytes - 1, &h));
    assert_true(opus_head_parse(bytes, sizeof bytes, &h));
    assert_int_equal(h.channels, 6);
}

static void refuses_what_cannot_be(void **state)
{
    (void)state;
    uint8_t          bytes[sizeof mono];
    struct opus_head h;
    memcpy(bytes, mono, sizeof bytes);
    bytes[9] = 0; /* channels */
    assert_false(opus_head_parse(bytes, sizeof bytes, &h));
    bytes[9] = 2;
    bytes[8] = 0x10; /* another major version */
    assert_false(opus_head_parse(bytes, sizeof bytes, &h));
    bytes[8] = 0x0F; /* a minor one */
    assert_true(opus_head_parse(bytes, sizeof bytes, &h));
    bytes[0] = 'o';
    assert_false(opus_head_parse(bytes, sizeof bytes, &h));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_header_of_libopus),
        cmocka_unit_test(a_cut_is_refused),
        cmocka_unit_test(surround_needs_its_mapping),
        cmocka_unit_test(refuses_what_cannot_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
