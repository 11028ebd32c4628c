/* Callbacks, numbers and methods in the query of an API request. */
#include <cmocka.h>
#include <stdint.h>
#include <stdlib.h>

#include "app/api/reply.h"
#include "core/attr.h"

static void a_callback_is_a_name_and_no_javascript(void **state)
{
    static const char *const good[] = { "f",
                                        "_",
                                        "$",
                                        "Z9",
                                        "jQuery18_1",
                                        "angular.callbacks._0",
                                        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" };
    static const char *const bad[] = { "",    "9f",
                                       ".f",  "a-b",
                                       "a b", "f(",
                                       "f;g", "f\n",
                                       "<f",  "f\xc3\xa9",
                                       "f\"", "[f]",
                                       "f=1", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        assert_true(api_is_callback(good[i]));
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(api_is_callback(bad[i]));
}

static int64_t number(const char *text)
{
    struct http_pair    params[] = { { "other", "7" }, { "count", text } };
    struct http_request request = { .params = params, .n_params = text ? 2 : 1 };
    struct api_reply    reply = { .request = &request };
    return api_number(&reply, "count", 10, 1000);
}

static void a_number_is_digits_and_has_a_bound(void **state)
{
    static const char *const none[] = { NULL, "", "-1", "+1", "1x", "x", " 1", "1.5", "0x10" };
    (void)state;
    assert_int_equal(number("0"), 0);
    assert_int_equal(number("1"), 1);
    assert_int_equal(number("007"), 7);
    assert_int_equal(number("1000"), 1000);
    assert_int_equal(number("1001"), 1000);
    assert_int_equal(number("99999999999999999999999999"), 1000);
    for (size_t i = 0; i < ARRAY_LEN(none); i++)
        assert_int_equal(number(none[i]), 10);
}

static void an_id_is_what_follows_in_the_path(void **state)
{
    struct http_request request = { .path = "/api/v1/clients/abc" };
    struct api_reply    reply = { .request = &request };
    (void)state;
    assert_string_equal(api_id(&reply, "/api/v1/clients/"), "abc");
    request.path = "/api/v1/clients/";
    assert_string_equal(api_id(&reply, "/api/v1/clients/"), "");
    request.path = "/api/v1/clients"; /* a method that is not redirected */
    assert_string_equal(api_id(&reply, "/api/v1/clients/"), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_callback_is_a_name_and_no_javascript),
        cmocka_unit_test(a_number_is_digits_and_has_a_bound),
        cmocka_unit_test(an_id_is_what_follows_in_the_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
