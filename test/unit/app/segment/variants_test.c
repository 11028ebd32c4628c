/* Tests for app/segment/variants: names of streams, and the groups that they are in. */
#include "app/segment/variants.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/attr.h"

static char             *suffixes[] = { "_720", "_480", "20" };
static struct conf_vhost vhost = { .hls.variants = { .items = suffixes, .count = ARRAY_LEN(suffixes) } };

static void a_suffix_is_left_out_of_the_name_of_the_group(void **state)
{
    static const struct {
        const char *stream, *group;
        size_t      place;
    } rows[] = {
        { "cam", "cam", 0 },   { "cam_720", "cam", 1 },         { "cam_480", "cam", 2 },
        { "cam20", "cam", 3 }, { "cam_480_720", "cam_480", 1 }, { "_720", "_7", 3 },
        { "20", "20", 0 },     { "cam_360", "cam_360", 0 },
    };
    char group[STREAM_NAME_MAX + 1];
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_true(variants_group_of(group, &vhost, rows[i].stream));
        assert_string_equal(group, rows[i].group);
        assert_int_equal(variants_place_of(&vhost, rows[i].stream), rows[i].place);
    }
}

static void without_variants_there_are_no_groups(void **state)
{
    static const struct conf_vhost plain = { 0 };
    char                           group[STREAM_NAME_MAX + 1];
    (void)state;
    assert_false(variants_group_of(group, &plain, "cam_720"));
    assert_int_equal(variants_place_of(&plain, "cam_720"), SIZE_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_suffix_is_left_out_of_the_name_of_the_group),
        cmocka_unit_test(without_variants_there_are_no_groups),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
