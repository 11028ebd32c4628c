/* The query of an MPD's request on the URIs in the MPD. */
#include "app/dash/mpd_query.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const char mpd[] =
    "<MPD id=\"1\"><A value=\"2\"/><SegmentTemplate media=\"s/$Number$.m4s\" initialization=\"s/i.mp4\" x=\"media\">"
    "<UTCTiming schemeIdUri=\"u\" value=\"/live/s/time\"/></MPD>";

static void each_path_gets_the_query(void **state)
{
    struct buf out = buf_up_to(4096);
    (void)state;
    dash_mpd_query_add(&out, mpd, strlen(mpd), "a=b%20&sign=<\"$'x>");
    assert_string_equal(
        out.bytes,
        "<MPD id=\"1\"><A value=\"2\"/><SegmentTemplate media=\"s/$Number$.m4s?a=b%20&amp;sign=%3C%22%24%27x%3E\" "
        "initialization=\"s/i.mp4?a=b%20&amp;sign=%3C%22%24%27x%3E\" x=\"media\"><UTCTiming schemeIdUri=\"u\" "
        "value=\"/live/s/time?a=b%20&amp;sign=%3C%22%24%27x%3E\"/></MPD>");
    buf_finish(&out);
}

static void a_text_that_is_cut_is_copied(void **state)
{
    (void)state;
    for (size_t len = 0; len < strlen(mpd); len++) {
        struct buf out = buf_up_to(4096);
        dash_mpd_query_add(&out, mpd, len, "");
        size_t marks = 0;
        for (size_t i = 0; i < out.len; i++)
            marks += out.bytes[i] == '?';
        assert_int_equal(out.len, len + marks);
        buf_finish(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_path_gets_the_query),
        cmocka_unit_test(a_text_that_is_cut_is_copied),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
