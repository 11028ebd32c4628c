/* One form for all spellings of a stream's name. */
#include "protocol/stream_name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/attr.h"

static const char *normal(const char *from)
{
    static char to[256];
    size_t      len = stream_name_normalise(to, from, strlen(from));
    assert_int_equal(len, strlen(to));
    return to;
}

static void spellings_have_one_form(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to;
    } rows[] = {
        { "cam1", "cam1" },
        { "Cam1", "Cam1" }, /* case counts */
        { "", "" },
        /* blanks and escapes */
        { "TEST STREAM", "TESTSTREAM" },
        { "TEST%20STREAM", "TESTSTREAM" },
        { "TEST%2520STREAM", "TESTSTREAM" },
        { " cam1 ", "cam1" },
        { "caf%C3%A9", "caf\xC3\xA9" },
        { "caf%c3%a9", "caf\xC3\xA9" },
        { "caf\xC3\xA9", "caf\xC3\xA9" },
        { "%63am1", "cam1" },
        { "%2563am1", "cam1" },
        { "%25%36%33am1", "cam1" },
        { "%6%33am1", "cam1" },
        { "%6 3am1", "cam1" },
        { "a+b", "a+b" },
        { "a%2Bb", "a+b" },
        { "a%3Fb%23c%26", "a?b#c&" },
        { "100%", "100%" },
        { "100%25", "100%" },
        { "50%zz", "50%zz" },
        { "%", "%" },
        { "%4", "%4" },
        /* an escape that would change the structure of the name stays */
        { "a%2Fb", "a%2Fb" },
        { "a%252fb", "a%2fb" },
        { "a%5Cb", "a%5Cb" },
        { "a%00b%0A%7f", "a%00b%0A%7f" },
        { "%2e%2e", ".." },
        /* slashes */
        { "live/123/uuid", "live/123/uuid" },
        { "/live//123/uuid/", "live/123/uuid" },
        { "///", "" },
        { "live/ /s", "live/s" },
        { "live/%20/s", "live/s" },
        /* dots */
        { "room.1", "room.1" },
        { "s.flv", "s.flv" },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char once[256];
        if (strcmp(normal(rows[i].from), rows[i].to) != 0)
            fail_msg("%s: %s, not %s", rows[i].from, normal(rows[i].from), rows[i].to);
        strcpy(once, normal(rows[i].from));
        assert_string_equal(normal(once), once);
    }
}

static void it_may_be_written_over_itself(void **state)
{
    (void)state;
    char text[] = "/a%20b//c%2541/";
    assert_int_equal(stream_name_normalise(text, text, strlen(text)), 5);
    assert_string_equal(text, "ab/cA");
}

static void names_that_lead_elsewhere_are_unsafe(void **state)
{
    (void)state;
    static const char *const safe[] = { "", "a", "a/b", "...", "a..b", ".a", "a.", "100%", "%4", "a%2Fb", "live/..." };
    static const char *const unsafe[] = { ".",    "..",   "a/..", "../a", "a/../b", "a/./b",
                                          "a\nb", "\x7F", "a%00", "%0d",  "a%1Fb",  "%7f" };
    for (size_t i = 0; i < ARRAY_LEN(safe); i++)
        if (!stream_name_is_safe(safe[i]))
            fail_msg("%s is no name", safe[i]);
    for (size_t i = 0; i < ARRAY_LEN(unsafe); i++)
        if (stream_name_is_safe(unsafe[i]))
            fail_msg("%s is a name", unsafe[i]);
}

static void a_name_as_it_came_is_judged_by_its_normal_form(void **state)
{
    (void)state;
    static const char *const valid[] = { "a", "a/b", " a ", "a%20b", "..a" };
    static const char *const others[] = { "",     " ",   "//", "%20", "..", "a/../b", "%2e%2e", "/%252e%252e/a",
                                          "a\nb", "a%00" };
    char                     name[STREAM_NAME_MAX + 2];
    for (size_t i = 0; i < ARRAY_LEN(valid); i++)
        if (!stream_name_is_valid(valid[i]))
            fail_msg("%s is no name", valid[i]);
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        if (stream_name_is_valid(others[i]))
            fail_msg("%s is a name", others[i]);
    memset(name, 'a', sizeof name);
    name[STREAM_NAME_MAX + 1] = '\0';
    assert_false(stream_name_is_valid(name));
    name[STREAM_NAME_MAX] = '\0';
    assert_true(stream_name_is_valid(name));
}

static void names_that_differ_after_a_dot_are_two_streams(void **state)
{
    (void)state;
    char one[STREAM_IDENTITY_CAP], two[STREAM_IDENTITY_CAP];
    assert_string_equal(stream_name_identity(one, "v", "live", "room.1"), "v/live/room.1");
    assert_string_equal(stream_name_identity(two, "v", "live", "room.2"), "v/live/room.2");
    assert_string_equal(stream_name_identity(one, STREAM_DEFAULT_VHOST, "live", "s.flv"), "/live/s.flv");
}

static void a_key_joins_vhost_app_and_stream(void **state)
{
    (void)state;
    char one[STREAM_IDENTITY_CAP], two[STREAM_IDENTITY_CAP];
    assert_string_equal(stream_name_key(one, STREAM_DEFAULT_VHOST, "live", "a%20b"), "/live/ab");
    assert_string_equal(stream_name_key(one, "v", "live/123", "uuid"), "v/live/123/uuid");
    assert_string_equal(stream_name_key(two, "v", "live", "123/uuid"), one);
    assert_string_equal(stream_name_key(two, "a%20b", "live", "s"),
                        "a%20b/live/s"); /* the vhost keeps the spelling of the configuration */
    assert_string_not_equal(stream_name_key(one, "v", "live", "room.1"), stream_name_key(two, "v", "live", "room.2"));
}

static void a_name_is_taken_in_its_normal_form_or_not_at_all(void **state)
{
    char name[STREAM_NAME_MAX + 1], long_name[STREAM_NAME_MAX + 2];
    (void)state;
    assert_true(stream_name_take(name, "//TEST%20STREAM/x.flv", 17));
    assert_string_equal(name, "TESTSTREAM/x");
    memset(long_name, 'a', sizeof long_name);
    assert_true(stream_name_take(name, long_name, STREAM_NAME_MAX));
    assert_false(stream_name_take(name, long_name, STREAM_NAME_MAX + 1));
    assert_string_equal(name, "");
    assert_false(stream_name_take(name, "live/../x", 9));
    assert_false(stream_name_take(name, " / ", 3));
    assert_false(stream_name_take(name, NULL, 0));
    assert_string_equal(name, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spellings_have_one_form),
        cmocka_unit_test(it_may_be_written_over_itself),
        cmocka_unit_test(names_that_lead_elsewhere_are_unsafe),
        cmocka_unit_test(a_name_as_it_came_is_judged_by_its_normal_form),
        cmocka_unit_test(names_that_differ_after_a_dot_are_two_streams),
        cmocka_unit_test(a_key_joins_vhost_app_and_stream),
        cmocka_unit_test(a_name_is_taken_in_its_normal_form_or_not_at_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
