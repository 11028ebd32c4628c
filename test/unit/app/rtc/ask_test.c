#include "app/rtc/ask.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/attr.h"
#include "protocol/http/url.h"

static void assert_param(const char *query, const char *expected)
{
    char                text[256];
    struct http_pair    params[8];
    struct http_request r = { .raw_query = query, .params = params };
    struct buf          param = buf_up_to(sizeof text);
    assert_true(http_query_split(query, text, params, ARRAY_LEN(params), &r.n_params));
    rtc_ask_put_param(&param, &r);
    assert_string_equal(param.bytes ? param.bytes : "", expected);
    buf_finish(&param);
}

static void the_credentials_are_no_part_of_the_param(void **state)
{
    (void)state;
    assert_param("", "");
    assert_param("app=live&stream=cam&secret=a%20b", "?app=live&stream=cam&secret=a%20b");
    assert_param("ice-pwd=0123456789012345678901", "");
    assert_param("ice-ufrag=abcd&stream=cam&ice-pwd=0123456789012345678901", "?stream=cam");
    assert_param("&&stream=cam&&ice%2Dpwd=0123456789012345678901&secret=x&", "?stream=cam&secret=x");
    assert_param("ice-pwd&ice-pwds=1&k=ice-pwd", "?ice-pwds=1&k=ice-pwd");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_credentials_are_no_part_of_the_param),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
