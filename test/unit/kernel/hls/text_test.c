/* URIs, quoted strings and the query of a viewer. */
#include <cmocka.h>
#include <string.h>

#include "core/buf.h"
#include "core/err.h"
#include "core/mem.h"
#include "kernel/hls/text.h"

enum { TEXT_MAX = 4096 };

static void assert_expanded(const struct hls_text *t, unsigned kinds, const char *query, const char *expected)
{
    struct buf out = buf_up_to(TEXT_MAX);
    hls_text_expand(&out, t, kinds, query);
    assert_null(buf_error(&out));
    assert_string_equal(out.bytes, expected);
    buf_finish(&out);
}

/* The URI alone, on a line, with a query. */
static void assert_uri(const char *uri, const char *plain, const char *expanded)
{
    struct hls_text t = hls_text_up_to(TEXT_MAX);
    hls_text_uri(&t, uri, HLS_URI_MEDIA);
    assert_string_equal(t.text.bytes, plain);
    assert_expanded(&t, HLS_URI_MEDIA, "hls_ctx=7f", expanded);
    hls_text_finish(&t);
}

static void a_query_becomes_the_first_parameter(void **state)
{
    (void)state;
    assert_uri("a.ts", "a.ts", "a.ts?hls_ctx=7f");
    assert_uri("a.ts?x", "a.ts?x", "a.ts?hls_ctx=7f&x");
    assert_uri("a.ts?x?y", "a.ts?x?y", "a.ts?hls_ctx=7f&x?y");
    assert_uri("a.ts?", "a.ts?", "a.ts?hls_ctx=7f");
    assert_uri("a.ts#t=1", "a.ts#t=1", "a.ts?hls_ctx=7f#t=1");
    assert_uri("a.ts#t?1", "a.ts#t?1", "a.ts?hls_ctx=7f#t?1");
    assert_uri("http://cdn/a.ts?x#y", "http://cdn/a.ts?x#y", "http://cdn/a.ts?hls_ctx=7f&x#y");
}

static void a_uri_cannot_end_its_line_or_string(void **state)
{
    (void)state;
    assert_uri("a\n#EXT-X-ENDLIST\r", "a%0A#EXT-X-ENDLIST%0D", "a%0A?hls_ctx=7f#EXT-X-ENDLIST%0D");
    assert_uri("#EXT-X-ENDLIST", "%23EXT-X-ENDLIST", "%23EXT-X-ENDLIST?hls_ctx=7f");
    assert_uri("a \"b\" <c>\\\x7F", "a%20%22b%22%20%3Cc%3E%5C%7F", "a%20%22b%22%20%3Cc%3E%5C%7F?hls_ctx=7f");
    assert_uri("\xE4\xB8\xAD.ts", "%E4%B8%AD.ts", "%E4%B8%AD.ts?hls_ctx=7f");
    assert_uri("a%20b.ts", "a%20b.ts", "a%20b.ts?hls_ctx=7f"); /* is encoded already */
}

static void each_kind_of_uri_is_asked_for_by_itself(void **state)
{
    (void)state;
    struct hls_text t = hls_text_up_to(TEXT_MAX);
    hls_text_uri(&t, "m", HLS_URI_MEDIA);
    buf_text(&t.text, "\n\"");
    hls_text_uri(&t, "k?", HLS_URI_KEY);
    buf_text(&t.text, "\"\n");
    hls_text_uri(&t, "l?a", HLS_URI_PLAYLIST);
    buf_text(&t.text, "\n");
    hls_text_uri(&t, "o", HLS_URI_PLAIN);
    buf_text(&t.text, "\nend");
    assert_expanded(&t, HLS_URI_MEDIA, "q", "m?q\n\"k?\"\nl?a\no\nend");
    assert_expanded(&t, HLS_URI_KEY, "q", "m\n\"k?q\"\nl?a\no\nend");
    assert_expanded(&t, HLS_URI_PLAYLIST | HLS_URI_MEDIA, "q", "m?q\n\"k?\"\nl?q&a\no\nend");
    assert_expanded(&t, 7, "", t.text.bytes);
    assert_expanded(&t, 0, "q", t.text.bytes);
    hls_text_finish(&t);
}

static void a_quoted_string_cannot_be_left(void **state)
{
    (void)state;
    struct buf b = buf_up_to(TEXT_MAX);
    hls_text_quoted(&b, "a\"b\nc\rd\te\x7F\x01\xC3\xA9");
    assert_string_equal(b.bytes, "\"a'b c de\xC3\xA9\"");
    buf_finish(&b);
}

static void a_date_is_in_utc_and_cut_to_milliseconds(void **state)
{
    (void)state;
    struct buf b = buf_up_to(TEXT_MAX);
    hls_text_date(&b, INT64_C(951782399999999)); /* a leap day */
    assert_string_equal(b.bytes, "2000-02-28T23:59:59.999Z");
    buf_clear(&b);
    hls_text_date(&b, INT64_C(951782400000000));
    assert_string_equal(b.bytes, "2000-02-29T00:00:00.000Z");
    buf_finish(&b);
}

static void a_cleared_text_is_written_anew(void **state)
{
    (void)state;
    struct hls_text t = hls_text_up_to(8);
    hls_text_uri(&t, "123456789", HLS_URI_MEDIA);
    struct err *e = hls_text_error(&t);
    assert_int_equal(err_code(e), E_LIMIT);
    err_free(e);
    hls_text_clear(&t);
    hls_text_uri(&t, "a", HLS_URI_MEDIA);
    assert_null(hls_text_error(&t));
    assert_expanded(&t, HLS_URI_MEDIA, "q", "a?q");
    hls_text_finish(&t);
}

static void memory_that_runs_out_is_an_error(void **state)
{
    (void)state;
    for (int n = 0; n < 2; n++) { /* the text, then the marks */
        struct hls_text t = hls_text_up_to(TEXT_MAX);
        mem_fail_after(n);
        hls_text_uri(&t, "a", HLS_URI_MEDIA);
        mem_fail_after(-1);
        struct err *e = hls_text_error(&t);
        assert_int_equal(err_code(e), E_NO_MEMORY);
        err_free(e);
        hls_text_finish(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_query_becomes_the_first_parameter),
        cmocka_unit_test(a_uri_cannot_end_its_line_or_string),
        cmocka_unit_test(each_kind_of_uri_is_asked_for_by_itself),
        cmocka_unit_test(a_quoted_string_cannot_be_left),
        cmocka_unit_test(a_date_is_in_utc_and_cut_to_milliseconds),
        cmocka_unit_test(a_cleared_text_is_written_anew),
        cmocka_unit_test(memory_that_runs_out_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
