/* Bans as lines of a file, and their subjects. */
#include <cmocka.h>
#include <string.h>

#include "app/bans/line.h"
#include "core/clock.h"
#include "core/mem.h"
#include "loop.h"

static void a_line_that_is_written_is_read_again(void **state)
{
    static const struct ban_wish wishes[] = {
        { .kind = BAN_ADDRESS, .subject = "10.0.0.0/8", .reason = "", .since_wall_us = 7 * US_PER_SECOND },
        { .kind = BAN_ADDRESS, .subject = "2001:db8::/32", .reason = "-", .automatic = true },
        { .kind = BAN_USER, .subject = "a b%20c", .reason = "100% \xc3\xa9 \x01" },
        { .kind = BAN_USER, .subject = "-", .reason = "%" },
        { .kind = BAN_STREAM, .subject = "/live/caf\xc3\xa9", .reason = "#" },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(wishes); i++) {
        struct ban_line line;
        struct buf      out = buf_up_to(4096);
        struct ban     *b = ban_new(&wishes[i]);
        assert_non_null(b);
        ban_line_put(&out, b, 99);
        assert_int_equal(out.bytes[out.len - 1], '\n');
        assert_true(ban_line_parse(out.bytes, out.len - 1, &line));
        assert_int_equal(line.wish.kind, wishes[i].kind);
        assert_string_equal(line.wish.subject, wishes[i].subject);
        assert_string_equal(line.wish.reason, wishes[i].reason);
        assert_string_equal(line.wish.id, b->id);
        assert_int_equal(line.wish.automatic, wishes[i].automatic);
        assert_true(line.wish.since_wall_us == wishes[i].since_wall_us);
        assert_int_equal(line.until_wall_s, 99);
        buf_finish(&out);
        mem_free(b);
    }
}

static void what_is_no_ban_is_refused(void **state)
{
    static const char *const lines[] = {
        "",
        "address",
        "address 10.0.0.1",
        "address 10.0.0.1 aaaaaaaa 1 0 -",
        "address 10.0.0.1 aaaaaaaa 1 0 - - -",
        "address 10.0.0.1 aaaaaaaa 1 0 - - ",
        "address  10.0.0.1 aaaaaaaa 1 0 - -",
        "adress 10.0.0.1 aaaaaaaa 1 0 - -",
        "address 10.0.0.1/33 aaaaaaaa 1 0 - -",
        "address 10.0.0.1 aaaaaaa 1 0 - -",
        "address 10.0.0.1 aaaaaaa/ 1 0 - -",
        "address 10.0.0.1 aaaaaaaa x 0 - -",
        "address 10.0.0.1 aaaaaaaa 1 -1 - -",
        "address 10.0.0.1 aaaaaaaa 1 99999999999999 - -",
        "address 10.0.0.1 aaaaaaaa 1 0 me -",
        "user %00 aaaaaaaa 1 0 - -",
        "user %4 aaaaaaaa 1 0 - -",
        "user %zz aaaaaaaa 1 0 - -",
        "user %0a aaaaaaaa 1 0 - -",
        "user - aaaaaaaa 1 0 - -",
        "stream cam aaaaaaaa 1 0 - -",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        struct ban_line line;
        if (ban_line_parse(lines[i], strlen(lines[i]), &line))
            fail_msg("\"%s\" was taken for a ban", lines[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_that_is_written_is_read_again),
        cmocka_unit_test(what_is_no_ban_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
