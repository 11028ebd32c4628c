/* Scopes of transcode: all streams, those of an app, one; names in all their spellings. */
#include "app/transcode/scope.h"

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "core/attr.h"

static void a_scope_has_its_streams(void **state)
{
    static const struct {
        const char *scope, *app, *stream;
        bool        has;
    } rows[] = {
        { "", "live", "s", true },
        { "/", "live", "s", true },
        { "live", "live", "s", true },
        { "/live/", "live", "s", true },
        { "live/s", "live", "s", true },
        { "live//s", "live", "s", true },
        { "live/caf%C3%A9", "live", "caf\xc3\xa9", true },
        { "one/two", "one", "two/x", false },
        { "one/two/x", "one", "two/x", true },
        { "one/two", "one/two", "x", true },
        { "live/s", "live", "s2", false },
        { "liv", "live", "s", false },
        { "Live", "live", "s", false },
        { "s", "live", "s", false },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (scope_has(rows[i].scope, rows[i].app, rows[i].stream) != rows[i].has)
            fail_msg("%s: %s %s", rows[i].scope, rows[i].app, rows[i].stream);
}

static void a_scope_longer_than_any_name_has_nothing(void **state)
{
    char scope[4096];
    (void)state;
    memset(scope, 'x', sizeof scope);
    scope[sizeof scope - 1] = '\0';
    assert_false(scope_has(scope, "live", "s"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_scope_has_its_streams),
        cmocka_unit_test(a_scope_longer_than_any_name_has_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
