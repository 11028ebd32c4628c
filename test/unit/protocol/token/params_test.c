/* Parameters of a query that carry tokens. */
#include "protocol/token/params.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core/attr.h"

struct row {
    const char       *query;
    enum params_found found;
    const char       *value;
};

static void a_parameter_is_found_once_and_decoded(void **state)
{
    static const struct row rows[] = {
        { "", PARAMS_NONE, "" },
        { "?", PARAMS_NONE, "" },
        { "k", PARAMS_NONE, "" },
        { "?k=", PARAMS_ONE, "" },
        { "?k=v", PARAMS_ONE, "v" },
        { "k=v", PARAMS_ONE, "v" },
        { "?a=b&k=v&c=d", PARAMS_ONE, "v" },
        { "?k=a=b", PARAMS_ONE, "a=b" },
        { "?k=v#k=w", PARAMS_ONE, "v" },
        { "#k=v", PARAMS_NONE, "" },
        { "?kk=v&K=w&=x", PARAMS_NONE, "" },
        { "?&&k=v&&", PARAMS_ONE, "v" },
        { "?k=%2b%2F+", PARAMS_ONE, "+/+" },
        { "?k=v&k=v", PARAMS_BAD, "" },
        { "?k=v&k=v&k=v", PARAMS_BAD, "" },
        { "?k=%", PARAMS_BAD, "" },
        { "?k=%2", PARAMS_BAD, "" },
        { "?k=%2&b=3", PARAMS_BAD, "" },
        { "?k=%zz", PARAMS_BAD, "" },
        { "?k=%00", PARAMS_BAD, "" },
        { "?k=1234567", PARAMS_ONE, "1234567" },
        { "?k=12345678", PARAMS_BAD, "" },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char out[8];
        assert_int_equal(params_find(rows[i].query, "k", out, sizeof out), rows[i].found);
        assert_string_equal(out, rows[i].value);
    }
}

static void a_number_has_digits_alone(void **state)
{
    int64_t n;
    (void)state;
    assert_true(params_number("0", &n) && n == 0);
    assert_true(params_number("1790000000", &n) && n == 1790000000);
    assert_true(params_number("999999999999999999", &n) && n == 999999999999999999);
    assert_false(params_number("", &n));
    assert_false(params_number("1000000000000000000", &n));
    assert_false(params_number("-1", &n));
    assert_false(params_number("+1", &n));
    assert_false(params_number(" 1", &n));
    assert_false(params_number("1x", &n));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_parameter_is_found_once_and_decoded),
        cmocka_unit_test(a_number_has_digits_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
