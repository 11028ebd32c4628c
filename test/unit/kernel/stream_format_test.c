/* The registry of live formats: search by extension or path, and their list as a phrase. */
#include "kernel/stream_format.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/attr.h"

static void every_row_is_whole_and_found_by_its_extension(void **state)
{
    (void)state;
    for (int i = 0; i < STREAM_FORMATS; i++) {
        const struct stream_format *f = &stream_formats[i];
        assert_true(f->name && f->content_type && f->ext && f->ext[0] == '.');
        assert_ptr_equal(stream_format_find(f->ext), f);
    }
}

static void an_extension_is_found_as_it_is_spelled(void **state)
{
    static const char *const unknown[] = { "", ".", "flv", ".FLV", ".m3u8", ".flv2", ".mp4/" };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(unknown); i++)
        assert_null(stream_format_find(unknown[i]));
}

static void a_path_has_the_format_of_its_end(void **state)
{
    (void)state;
    assert_ptr_equal(stream_format_of_path("[vhost]/[app]/[stream].mp3"), &stream_formats[STREAM_MP3]);
    assert_ptr_equal(stream_format_of_path("/live.flv/x.ts"), &stream_formats[STREAM_TS]);
    assert_null(stream_format_of_path("/live.flv/x"));
    assert_null(stream_format_of_path("x"));
    assert_null(stream_format_of_path(""));
}

static void the_list_is_a_phrase(void **state)
{
    char       text[64];
    struct str out = str_over(text, sizeof text);
    (void)state;
    stream_format_list(&out);
    assert_string_equal(text, ".flv, .ts, .mp4, .aac or .mp3");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_whole_and_found_by_its_extension),
        cmocka_unit_test(an_extension_is_found_as_it_is_spelled),
        cmocka_unit_test(a_path_has_the_format_of_its_end),
        cmocka_unit_test(the_list_is_a_phrase),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
