/* The meaning of status codes for their responses. */
#include <cmocka.h>

#include "protocol/http/status.h"

static void a_code_has_its_reason(void **state)
{
    (void)state;
    assert_string_equal(http_status_reason(HTTP_STATUS_OK), "OK");
    assert_string_equal(http_status_reason(404), "Not Found");
    assert_string_equal(http_status_reason(999), "<unknown>");
}

static void codes_are_classified(void **state)
{
    (void)state;
    for (int status = 100; status < 600; status++) {
        bool redirect = status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
        bool informational = status < 200;
        assert_int_equal(http_status_is_redirect(status), redirect);
        assert_int_equal(http_status_is_informational(status), informational);
        assert_int_equal(http_status_is_bodiless(status), informational || status == 204 || status == 304);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_code_has_its_reason),
        cmocka_unit_test(codes_are_classified),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
