/* URLs of Redis. */
#include "protocol/redis/place.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/attr.h"

static void urls_are_taken_apart(void **state)
{
    static const struct {
        const char        *url;
        struct redis_place place;
        const char        *name;
    } rows[] = {
        { "redis://h", { .host = "h", .port = 6379 }, "redis://h:6379/0" },
        { "redis://h/", { .host = "h", .port = 6379 }, "redis://h:6379/0" },
        { "redis://10.0.0.5:1/15", { .host = "10.0.0.5", .port = 1, .database = 15 }, "redis://10.0.0.5:1/15" },
        { "redis://[::1]:2/3", { .host = "::1", .port = 2, .database = 3 }, "redis://[::1]:2/3" },
        { "redis://[::1]", { .host = "::1", .port = 6379 }, "redis://[::1]:6379/0" },
        { "redis://:p@h", { .host = "h", .port = 6379, .password = "p" }, "redis://h:6379/0" },
        { "redis://u:p:q@h:65535",
          { .host = "h", .port = 65535, .user = "u", .password = "p:q" },
          "redis://h:65535/0" },
        { "redis://u:p@q@h", { .host = "h", .port = 6379, .user = "u", .password = "p@q" }, "redis://h:6379/0" },
        { "redis://u%3a:%40%2F%zz%@h",
          { .host = "h", .port = 6379, .user = "u:", .password = "@/%zz%" },
          "redis://h:6379/0" },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct redis_place p;
        char               name[REDIS_NAME_CAP];
        assert_true(redis_place_parse(&p, rows[i].url));
        assert_string_equal(p.host, rows[i].place.host);
        assert_int_equal(p.port, rows[i].place.port);
        assert_int_equal(p.database, rows[i].place.database);
        assert_string_equal(p.user, rows[i].place.user);
        assert_string_equal(p.password, rows[i].place.password);
        assert_string_equal(redis_place_name(&p, name), rows[i].name);
    }
}

static void what_is_no_url_is_refused(void **state)
{
    static const char *const rows[] = {
        "",
        "h",
        "rediss://h",
        "redis://",
        "redis:///0",
        "redis://:1",
        "redis://h:",
        "redis://h:0",
        "redis://h:65536",
        "redis://h:1x",
        "redis://h/x",
        "redis://h/-1",
        "redis://h/10000",
        "redis://[::1",
        "redis://[::1]x",
        "redis://[]:1",
        "redis://[[h]",
        "redis://a b",
        "redis://p@h",
        "redis://u:@h",
        "redis://:@h",
        "redis://:%00@h",
    };
    char long_host[RESOLVE_NAME_MAX + 16] = "redis://";
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct redis_place p;
        if (redis_place_parse(&p, rows[i]))
            fail_msg("%s is taken", rows[i]);
    }
    memset(long_host + 8, 'h', RESOLVE_NAME_MAX + 1);
    long_host[8 + RESOLVE_NAME_MAX + 1] = '\0';
    struct redis_place p;
    assert_false(redis_place_parse(&p, long_host));
    long_host[8 + RESOLVE_NAME_MAX] = '\0';
    assert_true(redis_place_parse(&p, long_host));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(urls_are_taken_apart),
        cmocka_unit_test(what_is_no_url_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
