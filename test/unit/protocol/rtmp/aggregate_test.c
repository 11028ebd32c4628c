#include "protocol/rtmp/aggregate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/attr.h"

/* clang-format off */
static const uint8_t two_parts[] = {
    0x08, 0x00, 0x00, 0x02, 0x00, 0x03, 0xE8, 0x00, 0x00, 0x00, 0x00, 0xAF, 0x01, /* audio, 2 bytes, at 1000 */
    0x00, 0x00, 0x00, 0x0D,                                                       /* back pointer            */
    0x09, 0x00, 0x00, 0x01, 0x00, 0x03, 0xFC, 0x00, 0x00, 0x00, 0x00, 0x17,       /* video, 1 byte, at 1020  */
    0x00, 0x00, 0x00, 0x0C,
};
/* clang-format on */

static void parts_keep_their_distance_from_the_message_time(void **state)
{
    (void)state;
    struct rtmp_aggregate a = rtmp_aggregate_over(two_parts, sizeof two_parts, 5000);
    struct rtmp_part      part;
    bool                  got;
    assert_null(rtmp_aggregate_next(&a, &part, &got));
    assert_true(got);
    assert_int_equal(part.type_id, 8);
    assert_int_equal(part.timestamp_ms, 5000);
    assert_int_equal(part.len, 2);
    assert_ptr_equal(part.body, two_parts + 11);
    assert_null(rtmp_aggregate_next(&a, &part, &got));
    assert_true(got);
    assert_int_equal(part.type_id, 9);
    assert_int_equal(part.timestamp_ms, 5020);
    assert_null(rtmp_aggregate_next(&a, &part, &got));
    assert_false(got);
}

static void times_have_32_bits_and_wrap(void **state)
{
    (void)state;
    static const uint8_t  bytes[] = { 0x08, 0,    0,    0, 0xFF, 0xFF, 0xFF, 0xFF, 0,    0,    0, 0, 0,
                                      0,    0x0B, 0x08, 0, 0,    0,    0x00, 0x00, 0x01, 0x00, 0, 0, 0 };
    struct rtmp_aggregate a = rtmp_aggregate_over(bytes, sizeof bytes, 10);
    struct rtmp_part      part;
    bool                  got;
    assert_null(rtmp_aggregate_next(&a, &part, &got));
    assert_int_equal(part.timestamp_ms, 10);
    assert_null(rtmp_aggregate_next(&a, &part, &got)); /* without the last back pointer */
    assert_true(got);
    assert_int_equal(part.timestamp_ms, 12);
}

static void an_empty_aggregate_has_no_parts(void **state)
{
    (void)state;
    struct rtmp_aggregate a = rtmp_aggregate_over(two_parts, 0, 0);
    struct rtmp_part      part;
    bool                  got = true;
    assert_null(rtmp_aggregate_next(&a, &part, &got));
    assert_false(got);
}

static void a_cut_part_is_malformed(void **state)
{
    (void)state;
    for (size_t cut = 1; cut < 17; cut++) {
        uint8_t *exact = malloc(cut);
        memcpy(exact, two_parts, cut);
        struct rtmp_aggregate a = rtmp_aggregate_over(exact, cut, 0);
        struct rtmp_part      part;
        bool                  got;
        struct err           *e = rtmp_aggregate_next(&a, &part, &got);
        assert_int_equal(err_code(e), cut == 13 ? E_SUCCESS : E_RTMP_AGGREGATE);
        assert_true(got == (cut == 13));
        err_free(e);
        free(exact);
    }
}

static void an_aggregate_holds_no_aggregate(void **state)
{
    (void)state;
    static const uint8_t  bytes[] = { 22, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x0B };
    struct rtmp_aggregate a = rtmp_aggregate_over(bytes, sizeof bytes, 0);
    struct rtmp_part      part;
    bool                  got;
    struct err           *e = rtmp_aggregate_next(&a, &part, &got);
    assert_int_equal(err_code(e), E_RTMP_AGGREGATE);
    err_free(e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_keep_their_distance_from_the_message_time),
        cmocka_unit_test(times_have_32_bits_and_wrap),
        cmocka_unit_test(an_empty_aggregate_has_no_parts),
        cmocka_unit_test(a_cut_part_is_malformed),
        cmocka_unit_test(an_aggregate_holds_no_aggregate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
