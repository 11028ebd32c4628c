/* The writer of XML. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/mem.h"
#include "core/xw.h"

#define DECLARATION "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
#define FFFD "\xef\xbf\xbd"

static void elements_nest_and_are_indented(void **state)
{
    struct buf b = buf_up_to(10000);
    struct xw  x = xw_document(&b);
    (void)state;
    xw_begin(&x, "MPD");
    xw_attr(&x, "type", "dynamic");
    xw_begin(&x, "Period");
    xw_attr_int(&x, "id", -5);
    xw_end(&x, "Period");
    xw_text_element(&x, "BaseURL", "a/");
    xw_begin(&x, "Period");
    xw_begin(&x, "S");
    xw_attr_printf(&x, "t", "%d/%d", 30000, 1001);
    xw_end(&x, "S");
    xw_end(&x, "Period");
    xw_end(&x, "MPD");
    assert_string_equal(b.bytes, DECLARATION "<MPD type=\"dynamic\">\n"
                                             "  <Period id=\"-5\"/>\n"
                                             "  <BaseURL>a/</BaseURL>\n"
                                             "  <Period>\n"
                                             "    <S t=\"30000/1001\"/>\n"
                                             "  </Period>\n"
                                             "</MPD>\n");
    buf_finish(&b);
}

static void values_cannot_become_markup(void **state)
{
    static const struct {
        const char *in, *out;
    } rows[] = {
        { NULL, "" },
        { "", "" },
        { "live/cam1?a=1", "live/cam1?a=1" },
        { "\"><x a='1'>&amp;", "&quot;&gt;&lt;x a=&#39;1&#39;&gt;&amp;amp;" },
        { "a\tb\nc\rd", "a&#9;b&#10;c&#13;d" },
        { "\x01\x1f\x7f", FFFD FFFD FFFD },
        { "\xc3\xa9\xe2\x82\xac\xf0\x9f\x8e\xa5", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x8e\xa5" },
        { "a\xff\xc3<", "a" FFFD FFFD "&lt;" }, /* no UTF-8; the character after it is not swallowed */
        { "\xed\xa0\x80", FFFD FFFD FFFD },     /* a surrogate */
        { "\xef\xbf\xbe\xef\xbf\xbf\xef\xbf\xbd", FFFD FFFD FFFD }, /* U+FFFE and U+FFFF are none of XML's */
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buf b = buf_up_to(10000), wanted = buf_up_to(10000);
        struct xw  x = xw_document(&b);
        xw_begin(&x, "a");
        xw_attr(&x, "b", rows[i].in);
        xw_text(&x, rows[i].in);
        xw_end(&x, "a");
        buf_printf(&wanted, DECLARATION "<a b=\"%s\">%s</a>\n", rows[i].out, rows[i].out);
        assert_string_equal(b.bytes, wanted.bytes);
        buf_finish(&b);
        buf_finish(&wanted);
    }
}

static void what_does_not_fit_sticks(void **state)
{
    (void)state;
    for (size_t max = 0; max < 60; max++) {
        struct buf b = buf_up_to(max);
        struct xw  x = xw_document(&b);
        xw_begin(&x, "MPD");
        xw_attr(&x, "a", "12345678901234567890");
        xw_end(&x, "MPD");
        assert_int_equal(b.fault, BUF_FULL);
        buf_finish(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elements_nest_and_are_indented),
        cmocka_unit_test(values_cannot_become_markup),
        cmocka_unit_test(what_does_not_fit_sticks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
