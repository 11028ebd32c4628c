/* Names that may be meant. */
#include <cmocka.h>
#include <string.h>

#include "app/conf/conf_testing.h"
#include "app/doctor/nearest.h"
#include "loop.h"

static void distances(void **state)
{
    (void)state;
    assert_int_equal(nearest_distance("", "", 2), 0);
    assert_int_equal(nearest_distance("Live", "live", 2), 0);
    assert_int_equal(nearest_distance("cam1", "cam2", 2), 1);
    assert_int_equal(nearest_distance("livestream", "livestraem", 2), 2);
    assert_int_equal(nearest_distance("livestream", "livstream", 2), 1);
    assert_int_equal(nearest_distance("abc", "xyz", 2), 3); /* farther than asked for */
    assert_int_equal(nearest_distance("a", "abcd", 2), 3);
    char longest[NEAREST_NAME_MAX + 2];
    memset(longest, 'a', sizeof longest);
    longest[NEAREST_NAME_MAX + 1] = '\0';
    assert_int_equal(nearest_distance(longest, longest, 2), 3); /* too long to compare */
    longest[NEAREST_NAME_MAX] = '\0';
    assert_int_equal(nearest_distance(longest, longest, 2), 0);
}

/* The distance by definition. */
static size_t slow_distance(const char *a, const char *b)
{
    if (!*a || !*b)
        return strlen(a) + strlen(b);
    size_t change = slow_distance(a + 1, b + 1) + (*a != *b), out = slow_distance(a + 1, b) + 1,
           in = slow_distance(a, b + 1) + 1;
    size_t n = out < in ? out : in;
    return change < n ? change : n;
}

static void name_of(unsigned number, char name[static 6])
{
    size_t len = 0;
    for (; number > 1; number >>= 1)
        name[len++] = number & 1 ? 'a' : 'b';
    name[len] = '\0';
}

static void distances_are_those_of_the_definition(void **state)
{
    (void)state;
    for (unsigned i = 1; i < 64; i++)
        for (unsigned k = 1; k < 64; k++) {
            char a[6], b[6];
            name_of(i, a);
            name_of(k, b);
            size_t n = slow_distance(a, b);
            for (size_t max = 0; max < 4; max++)
                if (nearest_distance(a, b, max) != (n > max ? max + 1 : n))
                    fail_msg("%s %s, max %zu: %zu, not %zu", a, b, max, nearest_distance(a, b, max), n);
        }
}

static void the_nearest_vhost_that_is_enabled(void **state)
{
    struct conf *c = conf_of("vhost example.com { } vhost example.org { } vhost exmaple.con { enabled off; }");
    (void)state;
    assert_string_equal(nearest_vhost(c, "exmaple.com"), "example.com");
    assert_string_equal(nearest_vhost(c, "example.orf"), "example.org");
    assert_null(nearest_vhost(c, "other.net"));
    assert_null(nearest_vhost(c, ""));
    conf_unref(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(distances),
        cmocka_unit_test(distances_are_those_of_the_definition),
        cmocka_unit_test(the_nearest_vhost_that_is_enabled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
