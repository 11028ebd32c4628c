/* A line of `exec`: words, variables, redirections, and the limits of what a client can put into them. */
#include "app/exec/line.h"

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/str.h"

static struct command        c;
static struct command_values values;

static int begin_test(void **state)
{
    (void)state;
    values = (struct command_values){
        .vhost = "v.example",
        .app = "live",
        .stream = "cam",
        .param = "",
        .host = "10.0.0.1",
        .tc_url = "rtmp://10.0.0.1:1936/live",
        .swf_url = "",
        .page_url = "http://page/",
        .port = 1936,
        .wall_us = INT64_C(1700000000123456), /* 2023-11-14 22:13:20.123 UTC */
        .utc = true,
    };
    return 0;
}

static int end_test(void **state)
{
    (void)state;
    command_finish(&c);
    return 0;
}

/* Make a command from a line whose words are separated by one blank. */
static struct err *make(const char *line)
{
    static char       copy[1024];
    static char      *items[512];
    struct conf_words words = { .items = items };
    char             *rest = copy;
    snprintf(copy, sizeof copy, "%s", line);
    for (char *word; (word = strsep(&rest, " "));)
        items[words.count++] = word;
    command_finish(&c);
    return line_make(&c, &words, &values);
}

/* The words of the command that a line makes, as "word|word|". */
static const char *made(const char *line)
{
    static char text[4096];
    struct str  out = str_over(text, sizeof text);
    assert_null(make(line));
    for (char **arg = c.argv; *arg; arg++)
        str_printf(&out, "%s|", *arg);
    return text;
}

static int code(const char *line)
{
    struct err *e = make(line);
    int         found = (int)err_code(e);
    err_free(e);
    return found;
}

static void variables_are_replaced_wherever_they_stand(void **state)
{
    (void)state;
    assert_string_equal(made("p [vhost] [app]/[stream] x[stream]y[stream]"), "p|v.example|live/cam|xcamycam|");
    assert_string_equal(made("p [tcUrl] [swfUrl] [pageUrl] [port]"), "p|rtmp://10.0.0.1:1936/live||http://page/|1936|");
    assert_string_equal(made("p [2006]-[01]-[02]T[15]:[04]:[05].[999] [timestamp]"),
                        "p|2023-11-14T22:13:20.123|1700000000123|");
}

static void what_is_no_variable_stays(void **state)
{
    (void)state;
    assert_string_equal(made("p [engine] [param] [ [] [stream [Stream]"), "p|[engine]|[param]|[|[]|[stream|[Stream]|");
}

static void a_value_is_not_looked_through_for_variables(void **state)
{
    (void)state;
    values.stream = "[vhost]";
    assert_string_equal(made("p [stream]"), "p|[vhost]|");
}

static void the_url_names_vhost_and_parameters(void **state)
{
    (void)state;
    assert_string_equal(made("p [url]"), "p|rtmp://10.0.0.1:1936/live/cam?vhost=v.example|");
    values.param = "?token=1";
    assert_string_equal(made("p [url]"), "p|rtmp://10.0.0.1:1936/live/cam?token=1&vhost=v.example|");
    values.param = "?vhost=v.example";
    assert_string_equal(made("p [url]"), "p|rtmp://10.0.0.1:1936/live/cam?vhost=v.example|");
    values.param = "";
    values.vhost = "__defaultVhost__";
    assert_string_equal(made("p [url]"), "p|rtmp://10.0.0.1:1936/live/cam|");
    values.vhost = values.host = "::1";
    assert_string_equal(made("p [url]"), "p|rtmp://[::1]:1936/live/cam|");
}

static void redirections_are_taken_out(void **state)
{
    static const char *const outputs[] = { "p a >/f b", "p a > /f b", "p a 1>/f b", "p a 1> /f b", "p a >>/f b" };
    (void)state;
    for (int i = 0; i < 5; i++) {
        assert_string_equal(made(outputs[i]), "p|a|b|");
        assert_string_equal(c.output, "/f");
        assert_null(c.errors);
    }
    assert_string_equal(made("p 2>/e"), "p|");
    assert_string_equal(c.errors, "/e");
    assert_null(c.output);
    assert_string_equal(made("p > /f 2>&1"), "p|");
    assert_string_equal(c.output, "/f");
    assert_ptr_equal(c.errors, c.output);
    assert_string_equal(made("p 1 > /f"), "p|1|"); /* a shell does the same */
    assert_string_equal(c.output, "/f");
}

static void what_is_incomplete_is_refused(void **state)
{
    struct conf_words none = { 0 };
    (void)state;
    struct err *e = line_make(&c, &none, &values);
    assert_int_equal(err_code(e), E_ENCODER_FORK);
    err_free(e);
    assert_int_equal(code(""), E_ENCODER_FORK);
    assert_int_equal(code("p >"), E_ENCODER_FORK);
    assert_int_equal(code("p 2>"), E_ENCODER_FORK);
}

static void a_client_cannot_make_an_option(void **state)
{
    (void)state;
    values.stream = "-y";
    assert_int_equal(code("p [stream]"), E_ENCODER_FORK);
    assert_string_equal(made("p -i [app] name=[stream] -[stream]"),
                        "p|-i|live|name=-y|--y|"); /* the configuration's own '-' stays */
    values.stream = "";
    values.page_url = "-y";
    assert_int_equal(code("p [stream][pageUrl]"), E_ENCODER_FORK);
}

static void a_client_cannot_choose_the_program_or_another_file(void **state)
{
    (void)state;
    values.stream = "../../etc/passwd";
    assert_string_equal(made("/bin/[stream] > /log/[app].[stream].log"), "/bin/[stream]|");
    assert_string_equal(c.output, "/log/live._._.._etc_passwd.log");
}

static void a_control_character_becomes_a_question_mark(void **state)
{
    (void)state;
    values.page_url = "a\nb\x1b[0m\x7f";
    assert_string_equal(made("p [pageUrl]"), "p|a?b?[0m?|");
}

static void words_and_bytes_are_bounded(void **state)
{
    static char big[COMMAND_BYTES_MAX];
    static char line[1024];
    (void)state;
    memset(big, 'x', sizeof big - 1);
    values.page_url = big;
    assert_int_equal(code("p [pageUrl]"), E_LIMIT);
    strcpy(line, "p");
    for (int i = 0; i < COMMAND_WORDS_MAX - 1; i++)
        strcat(line, " a");
    assert_null(make(line));
    strcat(line, " a");
    assert_int_equal(code(line), E_LIMIT);
}

static void memory_may_run_out_anywhere(void **state)
{
    int failed = 1;
    (void)state;
    for (int n = 0; failed; n++) {
        mem_fail_after(n);
        struct err *e = make("p [url] > /f");
        failed = mem_failed();
        mem_fail_after(-1);
        assert_true(!failed == !e);
        err_free(e);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin_test, end_test)
        TEST(variables_are_replaced_wherever_they_stand),
        TEST(what_is_no_variable_stays),
        TEST(a_value_is_not_looked_through_for_variables),
        TEST(the_url_names_vhost_and_parameters),
        TEST(redirections_are_taken_out),
        TEST(what_is_incomplete_is_refused),
        TEST(a_client_cannot_make_an_option),
        TEST(a_client_cannot_choose_the_program_or_another_file),
        TEST(a_control_character_becomes_a_question_mark),
        TEST(words_and_bytes_are_bounded),
        TEST(memory_may_run_out_anywhere),
#undef TEST
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
