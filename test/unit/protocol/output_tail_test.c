/* The newest lines of a program. */
#include "protocol/output_tail.h"

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "core/attr.h"

static void take(struct output_tail *t, const char *text)
{
    output_tail_take(t, text, strlen(text));
}

static void the_newest_line_of_each_kind_is_kept(void **state)
{
    struct output_tail *t = output_tail_create();
    (void)state;
    take(t, "one\ntwo\n\n[error] bad\nthree\r\nfour: 1%\rfour: 2%\r");
    assert_string_equal(t->message, "[error] bad");
    assert_string_equal(t->error, "[error] bad");
    assert_string_equal(t->progress, "four: 2%");
    take(t, "[h264 @ 0x1] [fatal] worse\nlast\nunfinished");
    assert_string_equal(t->message, "unfinished");
    assert_string_equal(t->error, "[h264 @ 0x1] [fatal] worse");
    assert_string_equal(t->progress, "four: 2%");
    take(t, "");
    assert_string_equal(t->message, "unfinished");
    output_tail_unref(&t);
    assert_null(t);
}

static void a_long_line_is_cut_and_made_printable(void **state)
{
    struct output_tail *t = output_tail_create();
    char                line[1000];
    (void)state;
    memset(line, 'x', sizeof line);
    line[0] = '\x1b';
    line[sizeof line - 1] = '\n';
    output_tail_take(t, line, sizeof line);
    assert_int_equal(strlen(t->message), OUTPUT_TAIL_LINE_CAP - 1);
    assert_memory_equal(t->message, "?xx", 3);
    output_tail_unref(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_newest_line_of_each_kind_is_kept),
        cmocka_unit_test(a_long_line_is_cut_and_made_printable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
