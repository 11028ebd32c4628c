/* The range of bytes that a request asks for. */
#include <cmocka.h>

#include "core/attr.h"
#include "protocol/http/range.h"

struct row {
    const char     *field;
    int64_t         size;
    enum http_range wanted;
    int64_t         first, last;
};

static void one_range_is_understood(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "bytes=0-499", 1000, HTTP_RANGE_SOME, 0, 499 },
        { "bytes=500-", 1000, HTTP_RANGE_SOME, 500, 999 },
        { "bytes=0-0", 1000, HTTP_RANGE_SOME, 0, 0 },
        { "bytes=999-999", 1000, HTTP_RANGE_SOME, 999, 999 },
        { "bytes=-100", 1000, HTTP_RANGE_SOME, 900, 999 },
        { "bytes=-1", 1000, HTTP_RANGE_SOME, 999, 999 },
        { "bytes=-5000", 1000, HTTP_RANGE_SOME, 0, 999 },
        { "bytes=10-5000", 1000, HTTP_RANGE_SOME, 10, 999 },
        { "Bytes=1-2", 1000, HTTP_RANGE_SOME, 1, 2 },
        { "bytes=0-99999999999999999999999999", 1000, HTTP_RANGE_SOME, 0, 999 },
        { "bytes=-99999999999999999999999999", 1000, HTTP_RANGE_SOME, 0, 999 },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int64_t first = -7, last = -7;
        assert_int_equal(http_range_parse(rows[i].field, rows[i].size, &first, &last), rows[i].wanted);
        assert_int_equal(first, rows[i].first);
        assert_int_equal(last, rows[i].last);
    }
}

static void what_lies_behind_the_end_is_unsatisfiable(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "bytes=1000-", 1000, 0, 0, 0 }, { "bytes=1000-2000", 1000, 0, 0, 0 },
        { "bytes=-0", 1000, 0, 0, 0 },    { "bytes=0-", 0, 0, 0, 0 },
        { "bytes=-5", 0, 0, 0, 0 },       { "bytes=99999999999999999999999999-", 1000, 0, 0, 0 },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int64_t first, last;
        assert_int_equal(http_range_parse(rows[i].field, rows[i].size, &first, &last), HTTP_RANGE_UNSATISFIABLE);
    }
}

static void what_is_no_range_or_several_is_the_whole_file(void **state)
{
    (void)state;
    static const char *const fields[] = {
        NULL,        "",           "bytes",       "bytes=",        "bytes=-",    "bytes=a-b",
        "bytes=5-3", "bytes=1-2x", "bytes=1 - 2", "bytes=0-1,5-6", "bytes=-1-2", "items=0-1",
        "bytes=1",   "0-1",        "bytes==0-1",  "bytes=0-1,",    "bytes=--5",
    };
    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        int64_t first, last;
        assert_int_equal(http_range_parse(fields[i], 1000, &first, &last), HTTP_RANGE_NONE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_range_is_understood),
        cmocka_unit_test(what_lies_behind_the_end_is_unsatisfiable),
        cmocka_unit_test(what_is_no_range_or_several_is_the_whole_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
