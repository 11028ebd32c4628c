/* The lines that a change takes out and puts in, and that they show no secret. */
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/conf/line_diff.h"
#include "app/conf/parse.h"
#include "core/buf.h"
#include "core/mem.h"

static struct conf_line_side side_of(const char *text, struct conf_tree *tree)
{
    struct conf_report report = { 0 };
    assert_null(conf_parse(tree, &tree->root, 0, "f", text, strlen(text), &report));
    conf_report_finish(&report);
    return (struct conf_line_side){ text, strlen(text), tree };
}

/* The difference as text: a sign, a number, a blank and the line, each with LF. */
static char *shown(const char *before, const char *after, size_t *left_out)
{
    struct conf_tree      trees[2] = { 0 };
    struct conf_line_side a = side_of(before, &trees[0]), b = side_of(after, &trees[1]);
    struct conf_line_diff d = { 0 };
    struct buf            out = buf_up_to(16 << 20);
    assert_null(conf_line_diff(&d, "f", &a, &b));
    for (size_t i = 0; i < d.count; i++)
        buf_printf(&out, "%c%d %s\n", d.lines[i].comes ? '+' : '-', d.lines[i].number, d.lines[i].text);
    if (left_out)
        *left_out = d.left_out;
    conf_line_diff_finish(&d);
    conf_tree_finish(&trees[0]);
    conf_tree_finish(&trees[1]);
    buf_append(&out, "", 1);
    return buf_take(&out);
}

static void shows(const char *before, const char *after, const char *wanted)
{
    char *text = shown(before, after, NULL);
    assert_string_equal(text, wanted);
    mem_free(text);
}

static void lines_that_stay_are_left_out(void **state)
{
    (void)state;
    shows("a 1;\nb 2;\nc 3;\n", "a 1;\nb 2;\nc 3;\n", "");
    shows("", "", "");
    shows("", "a 1;\n", "+1 a 1;\n");
    shows("a 1;\n", "", "-1 a 1;\n");
    shows("a 1;\nb 2;\nc 3;\n", "a 1;\nb 4;\nc 3;\n", "-2 b 2;\n+2 b 4;\n");
    shows("a 1;\nb 2;\n", "a 1;\nx 9;\nb 2;\n", "+2 x 9;\n");
    shows("a 1;\r\nb 2;\r\n", "a 1;\r\n", "-2 b 2;\n");
    shows("a 1;\nb 2;", "a 1;\nb 2;\nc 3;\n", "-2 b 2;\n+2 b 2;\n+3 c 3;\n"); /* the line had no end */
    shows("a 1;\na 1;\na 1;\n", "a 1;\na 1;\n", "-3 a 1;\n");
}

static void changes_apart_leave_what_is_between_them(void **state)
{
    (void)state;
    shows("a 1;\nb 2;\nc 3;\nd 4;\n", "a 9;\nb 2;\nc 3;\nd 9;\ne 5;\n",
          "-1 a 1;\n+1 a 9;\n-4 d 4;\n+4 d 9;\n+5 e 5;\n");
}

static void secrets_are_masked_by_the_table_and_by_their_names(void **state)
{
    (void)state;
    shows("http_api { auth { enabled on; username u; password old5ecret; } } # why\n",
          "http_api { auth { enabled on; username u; password \"new 5ecret\"; } } # why\n",
          "-1 http_api { auth { enabled on; username u; password ***; } } # why\n"
          "+1 http_api { auth { enabled on; username u; password ***; } } # why\n");
    shows("", "vhost v {\n  auth { user ann 5ecret; secret a5ecret b5ecret; }\n}\n",
          "+1 vhost v {\n+2   auth { user ***; secret ***; }\n+3 }\n");
    shows("", "http_hooks { enabled on; on_publish http://u:5ecret@h/x?token=5ecret; }\n",
          "+1 http_hooks { enabled on; on_publish http://***@h/x?token=***; }\n");
    shows("", "nobody_knows_this { my_password 5ecret; }\n", "+1 nobody_knows_this { my_password ***; }\n");
}

static void a_secret_on_several_lines_is_masked_on_each(void **state)
{
    (void)state;
    shows("", "vhost v { auth { secret a5ecret\n b5ecret\n c5ecret; } }\n",
          "+1 vhost v { auth { secret ***\n+2  ***\n+3  ***; } }\n");
}

/* `n` lines of which each has its number, times `factor`. */
static char *many(int n, int factor)
{
    struct buf text = buf_up_to(16 << 20);
    for (int i = 0; i < n; i++)
        buf_printf(&text, "a %d;\n", i * factor);
    buf_append(&text, "", 1);
    return buf_take(&text);
}

static void long_differences_are_bounded(void **state)
{
    static const int sizes[] = { CONF_LINE_DIFF_COMPARED, CONF_LINE_DIFF_COMPARED + 1, 20000 };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        size_t left_out = 0;
        char  *before = many(sizes[i], -1), *after = many(sizes[i], 1), *text = shown(before, after, &left_out);
        size_t n_lines = 0;
        for (const char *c = text; *c; c++)
            n_lines += *c == '\n';
        assert_int_equal(n_lines, CONF_LINE_DIFF_MAX);
        assert_int_equal(left_out, 2 * (sizes[i] - 1) - CONF_LINE_DIFF_MAX); /* "a 0;" stays at the head */
        mem_free(before);
        mem_free(after);
        mem_free(text);
    }
}

static void a_long_line_is_cut_and_shows_no_secret(void **state)
{
    char text[4096];
    (void)state;
    memset(text, 'x', sizeof text);
    memcpy(text, "a ", 2);
    strcpy(text + sizeof text - 20, "; secret 5ecret;\n");
    char *got = shown("", text, NULL);
    assert_int_equal(strlen(got), strlen("+1 ") + CONF_LINE_DIFF_TEXT_MAX - 1 + strlen("\n"));
    assert_null(strstr(got, "5ecret"));
    mem_free(got);
}

static void without_memory_it_fails_cleanly(void **state)
{
    (void)state;
    struct conf_tree      trees[2] = { 0 };
    struct conf_line_side a = side_of("a 1;\nsecret x;\n", &trees[0]), b = side_of("b 1;\nsecret y;\n", &trees[1]);
    bool                  is_good = false;
    for (int n = 0; !is_good; n++) {
        struct conf_line_diff d = { 0 };
        mem_fail_after(n);
        struct err *e = conf_line_diff(&d, "f", &a, &b);
        mem_fail_after(-1);
        is_good = !e;
        assert_int_equal(e ? err_code(e) : E_NO_MEMORY, E_NO_MEMORY);
        err_free(e);
        conf_line_diff_finish(&d);
        assert_true(n < 100);
    }
    conf_tree_finish(&trees[0]);
    conf_tree_finish(&trees[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_that_stay_are_left_out),
        cmocka_unit_test(changes_apart_leave_what_is_between_them),
        cmocka_unit_test(secrets_are_masked_by_the_table_and_by_their_names),
        cmocka_unit_test(a_secret_on_several_lines_is_masked_on_each),
        cmocka_unit_test(long_differences_are_bounded),
        cmocka_unit_test(a_long_line_is_cut_and_shows_no_secret),
        cmocka_unit_test(without_memory_it_fails_cleanly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
