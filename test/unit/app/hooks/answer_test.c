/* The answers of a callback's server: those that SRS takes as yes, and those that it does not. */
#include <cmocka.h>
#include <string.h>

#include "app/hooks/answer.h"
#include "core/attr.h"

static int judged(int status, const char *body)
{
    struct err *e = hook_answer_judge(status, body, strlen(body));
    int         code = err_code(e);
    err_free(e);
    return code;
}

static void zero_and_code_zero_are_yes(void **state)
{
    (void)state;
    assert_int_equal(judged(200, "0"), E_SUCCESS);
    assert_int_equal(judged(201, "0"), E_SUCCESS);
    assert_int_equal(judged(200, "{\"code\":0}"), E_SUCCESS);
    assert_int_equal(judged(201, "{\"msg\":\"OK\",\"code\":0,\"data\":null}"), E_SUCCESS);
    assert_int_equal(judged(200, " {\"code\": 0}\r\n"), E_SUCCESS);
}

static void other_statuses_are_no(void **state)
{
    static const int rows[] = { 202, 204, 206, 301, 302, 307, 400, 401, 403, 404, 500, 503, 999 };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_int_equal(judged(rows[i], "0"), E_HTTP_STATUS_INVALID);
}

static void other_bodies_are_no(void **state)
{
    static const char *const unusable[] = { "",   "0\n",   " 0",   "0.0", "1",           "ok",
                                            "00", "\"0\"", "null", "[]",  "{\"code\":0", "[{\"code\":0}]" };
    static const char *const refusing[] = { "{}",
                                            "{\"code\":\"0\"}",
                                            "{\"code\":1}",
                                            "{\"code\":-1}",
                                            "{\"code\":0.0}",
                                            "{\"code\":null}",
                                            "{\"Code\":0}",
                                            "{\"code\":0,\"code\":5}",
                                            "{\"data\":{\"code\":0}}" };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(unusable); i++)
        assert_int_equal(judged(200, unusable[i]), E_HTTP_DATA_INVALID);
    for (size_t i = 0; i < ARRAY_LEN(refusing); i++)
        assert_int_equal(judged(200, refusing[i]), E_RESPONSE_CODE);
}

static int wished(const char *body, struct hook_wish *w)
{
    *w = (struct hook_wish){ 0 };
    struct err *e = hook_answer_wish(body, strlen(body), w);
    int         code = err_code(e);
    err_free(e);
    return code;
}

static void an_answer_may_want_more_than_yes(void **state)
{
    struct hook_wish w;
    (void)state;
    assert_int_equal(
        wished(
            "{\"code\":0,\"limit_seconds\":60,\"limit_kbps\":500,\"stream\":\"a/b c\",\"redirect\":\"rtmp://h/a/s\"}",
            &w),
        E_SUCCESS);
    assert_int_equal(w.limit_us, 60000000);
    assert_int_equal(w.limit_kbps, 500);
    assert_string_equal(w.stream, "a/bc");
    assert_string_equal(w.redirect, "rtmp://h/a/s");
    assert_int_equal(wished("{\"code\":0,\"limit_seconds\":null,\"stream\":null,\"redirect\":null}", &w), E_SUCCESS);
    assert_true(!w.limit_us && !*w.stream && !*w.redirect);
    assert_int_equal(wished("0", &w), E_SUCCESS);
}

static void wishes_that_cannot_be_fulfilled_refuse(void **state)
{
    static const char *const rows[] = {
        "{\"limit_seconds\":0}",
        "{\"limit_seconds\":1e3}",
        "{\"limit_seconds\":\"60\"}",
        "{\"limit_kbps\":0}",
        "{\"limit_kbps\":10000001}",
        "{\"limit_kbps\":true}",
        "{\"stream\":\"\"}",
        "{\"stream\":\"..\"}",
        "{\"stream\":\"a\\u0001b\"}",
        "{\"stream\":{}}",
        "{\"redirect\":\"\"}",
        "{\"redirect\":\"http:///path\"}",
        "{\"redirect\":\"h ttp://a\"}",
        "{\"redirect\":\"http://a b\"}",
        "{\"redirect\":\"http://\u00e9\"}",
        "{\"redirect\":\"javascript:alert(1)\"}",
        "{\"redirect\":\"http://a\\r\\nX: y\"}",
    };
    struct hook_wish w;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_int_equal(wished(rows[i], &w), E_RESPONSE_CODE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zero_and_code_zero_are_yes),
        cmocka_unit_test(other_statuses_are_no),
        cmocka_unit_test(other_bodies_are_no),
        cmocka_unit_test(an_answer_may_want_more_than_yes),
        cmocka_unit_test(wishes_that_cannot_be_fulfilled_refuse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
