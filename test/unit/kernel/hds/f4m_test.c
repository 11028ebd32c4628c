/* The manifest of HDS. */
#include "kernel/hds/f4m.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "core/err.h"

#define DECLARATION "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"

static void a_live_stream_names_its_bootstrap_and_its_fragments(void **state)
{
    struct f4m m = {
        .id = "live/cam1", .bootstrap = "cam1.abst", .media = "cam1", .bitrate_kbps = 800, .width = 1280, .height = 720
    };
    struct buf b = buf_up_to(F4M_BYTES_MAX);
    (void)state;
    assert_null(f4m_write(&m, &b));
    assert_string_equal(
        b.bytes, DECLARATION
        "<manifest xmlns=\"http://ns.adobe.com/f4m/1.0\">\n"
        "  <id>live/cam1</id>\n"
        "  <streamType>live</streamType>\n"
        "  <deliveryType>streaming</deliveryType>\n"
        "  <bootstrapInfo profile=\"named\" id=\"bootstrap\" url=\"cam1.abst\"/>\n"
        "  <media bitrate=\"800\" width=\"1280\" height=\"720\" url=\"cam1\" bootstrapInfoId=\"bootstrap\"/>\n"
        "</manifest>\n");
    buf_finish(&b);
}

static void names_are_escaped(void **state)
{
    struct f4m m = { .id = "a<b", .is_over = true, .bootstrap = "a b&.abst", .media = "a\"b" };
    struct buf b = buf_up_to(F4M_BYTES_MAX);
    (void)state;
    assert_null(f4m_write(&m, &b));
    assert_non_null(strstr(b.bytes, "<id>a&lt;b</id>"));
    assert_non_null(strstr(b.bytes, "<streamType>recorded</streamType>"));
    assert_non_null(strstr(b.bytes, " url=\"a%20b%26.abst\""));
    assert_non_null(strstr(b.bytes, "<media bitrate=\"0\" url=\"a%22b\" "));
    buf_finish(&b);
}

static void a_query_stands_behind_both_paths(void **state)
{
    struct f4m m = { .id = "a", .bootstrap = "a.abst", .media = "a", .query = "sign=1&t=\"<$" };
    struct buf b = buf_up_to(F4M_BYTES_MAX);
    (void)state;
    assert_null(f4m_write(&m, &b));
    assert_non_null(strstr(b.bytes, " url=\"a.abst?sign=1&amp;t=%22%3C%24\"/>"));
    assert_non_null(strstr(b.bytes, " url=\"a?sign=1&amp;t=%22%3C%24\" "));
    buf_finish(&b);
}

static void metadata_is_base64(void **state)
{
    /* RFC 4648 10 */
    static const struct {
        const char *bytes, *text;
    } rows[] = {
        { "", "<metadata></metadata>" },
        { "f", "<metadata>Zg==</metadata>" },
        { "fo", "<metadata>Zm8=</metadata>" },
        { "foo", "<metadata>Zm9v</metadata>" },
        { "foob", "<metadata>Zm9vYg==</metadata>" },
        { "\xff\xfe\xfd", "<metadata>//79</metadata>" },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct f4m m = { .id = "s",
                         .bootstrap = "s.abst",
                         .media = "s",
                         .metadata = (const uint8_t *)rows[i].bytes,
                         .metadata_len = strlen(rows[i].bytes) };
        struct buf b = buf_up_to(F4M_BYTES_MAX);
        assert_null(f4m_write(&m, &b));
        assert_non_null(strstr(b.bytes, rows[i].text));
        buf_finish(&b);
    }
}

static void a_text_that_does_not_fit_is_an_error(void **state)
{
    struct f4m  m = { .id = "s", .bootstrap = "s.abst", .media = "s" };
    struct buf  b = buf_up_to(100);
    struct err *e = f4m_write(&m, &b);
    (void)state;
    assert_int_equal(err_code(e), E_LIMIT);
    err_free(e);
    buf_finish(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_live_stream_names_its_bootstrap_and_its_fragments),
        cmocka_unit_test(names_are_escaped),
        cmocka_unit_test(a_query_stands_behind_both_paths),
        cmocka_unit_test(metadata_is_base64),
        cmocka_unit_test(a_text_that_does_not_fit_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
