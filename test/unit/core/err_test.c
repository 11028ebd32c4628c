/* Error chains: their text, and that making one cannot fail. */
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "core/mem.h"

/* The chain of a failed handshake, with fixed lines and names. */
static struct err *chain_of_three(void)
{
    struct err *e =
        err_new_at("/some/where/src/protocol/io.c", 118, "io_read", E_SOCKET_READ, ECONNRESET, "recv %d", 7);
    e = err_wrap_at("src/handshake.c", 42, "handshake", e, "read C0");
    return err_wrap_at("conn.c", 7, "serve", e, "serve %s", "1.2.3.4");
}

static void success_is_null(void **state)
{
    (void)state;
    assert_int_equal(err_code(NULL), E_SUCCESS);
    assert_int_equal(err_errno(NULL), 0);
    err_free(NULL);
}

static void wrapping_success_stays_success(void **state)
{
    (void)state;
    assert_null(err_wrap(NULL, "what %s", "ever"));
}

static void a_wrap_keeps_code_and_errno_of_its_cause(void **state)
{
    (void)state;
    struct err *e = chain_of_three();
    assert_int_equal(err_code(e), E_SOCKET_READ);
    assert_int_equal(err_errno(e), ECONNRESET);
    err_free(e);
}

static void an_expected_error_is_freed_and_any_other_stays(void **state)
{
    (void)state;
    assert_null(err_except(NULL, E_SOCKET_READ));
    assert_null(err_except(chain_of_three(), E_SOCKET_READ));
    assert_null(err_except(err_no_memory(), E_NO_MEMORY));
    struct err *e = chain_of_three();
    assert_ptr_equal(err_except(e, E_SOCKET_TIMEOUT), e);
    err_free(e);
}

static void err_sys_remembers_errno_and_err_new_does_not(void **state)
{
    (void)state;
    errno = ENOSPC;
    struct err *e = err_sys(E_SYSTEM_FILE_WRITE, "write");
    assert_int_equal(err_errno(e), ENOSPC);
    err_free(e);
    errno = ENOSPC;
    e = err_new(E_SYSTEM_FILE_WRITE, "write");
    assert_int_equal(err_errno(e), 0);
    err_free(e);
}

static void a_summary_is_one_line_from_the_outside_in(void **state)
{
    (void)state;
    char        text[200];
    struct err *e = chain_of_three();
    assert_ptr_equal(err_summary(e, text, sizeof text), text);
    assert_string_equal(text, "code=1007(SocketRead) : serve 1.2.3.4 : read C0 : recv 7");
    err_free(e);
}

static void the_text_is_the_words_alone(void **state)
{
    (void)state;
    char        text[200];
    struct err *e = chain_of_three();
    assert_string_equal(err_text(e, text, sizeof text), "serve 1.2.3.4 : read C0 : recv 7");
    err_free(e);
    assert_string_equal(err_text(NULL, text, sizeof text), "");
}

static void a_description_has_a_line_for_each_step(void **state)
{
    (void)state;
    char        text[1000], expected[1000];
    struct err *e = chain_of_three();
    snprintf(expected, sizeof expected,
             "code=1007(SocketRead)(%s) : serve 1.2.3.4 : read C0 : recv 7\n"
             "thread [4711][7f3a90bc]: serve() [conn.c:7][errno=0]\n"
             "thread [4711][7f3a90bc]: handshake() [handshake.c:42][errno=0]\n"
             "thread [4711][7f3a90bc]: io_read() [io.c:118][errno=%d](%s)",
             err_code_meaning(E_SOCKET_READ), ECONNRESET, strerror(ECONNRESET));
    assert_string_equal(err_describe(e, 4711, "7f3a90bc", text, sizeof text), expected);
    err_free(e);
}

static void a_description_without_errno_has_no_strerror(void **state)
{
    (void)state;
    char        text[1000];
    struct err *e = err_new_at("cli.c", 3, "cli_parse", E_SYSTEM_CONFIG_INVALID, 0, "no");
    assert_string_equal(err_describe(e, 1, "", text, sizeof text),
                        "code=1023(ConfigInvalid)(bad config or bad command line) : no\n"
                        "thread [1][]: cli_parse() [cli.c:3][errno=0]");
    err_free(e);
}

static void every_printer_is_cut_at_its_storage(void **state)
{
    (void)state;
    struct err *e = chain_of_three();
    char        whole[1000];
    err_describe(e, 1, "t", whole, sizeof whole);
    for (size_t cap = 1; cap < strlen(whole); cap++) {
        char *text = malloc(cap); /* exactly as large, so that the sanitizer sees a byte too far */
        err_describe(e, 1, "t", text, cap);
        assert_int_equal(strlen(text), cap - 1);
        assert_memory_equal(text, whole, cap - 1);
        assert_true(strlen(err_summary(e, text, cap)) < cap);
        assert_true(strlen(err_text(e, text, cap)) < cap);
        free(text);
    }
    err_free(e);
}

static void the_words_of_one_step_are_cut(void **state)
{
    (void)state;
    char long_text[2 * ERR_TEXT_MAX], text[4 * ERR_TEXT_MAX];
    memset(long_text, 'x', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    struct err *e = err_new(E_LIMIT, "%s", long_text);
    assert_int_equal(strlen(err_text(e, text, sizeof text)), ERR_TEXT_MAX - 1);
    err_free(e);
}

static void out_of_memory_is_an_error_like_any_other(void **state)
{
    (void)state;
    char        text[1000];
    struct err *e = err_no_memory();
    assert_int_equal(err_code(e), E_NO_MEMORY);
    assert_string_equal(err_summary(e, text, sizeof text), "code=1900(NoMemory) : out of memory");
    assert_non_null(strstr(err_describe(e, 1, "t", text, sizeof text), "mem_alloc() [mem:0][errno=0]"));
    e = err_wrap(e, "begin");
    assert_int_equal(err_code(e), E_NO_MEMORY);
    assert_string_equal(err_text(e, text, sizeof text), "begin : out of memory");
    err_free(e);
    err_free(err_no_memory()); /* a static object: it can be used again */
    assert_int_equal(err_code(err_no_memory()), E_NO_MEMORY);
}

static void making_an_error_without_memory_gives_out_of_memory(void **state)
{
    (void)state;
    mem_fail_after(0);
    struct err *e = err_new(E_SOCKET_READ, "lost");
    assert_int_equal(err_code(e), E_NO_MEMORY);
    err_free(e);

    e = chain_of_three();
    mem_fail_after(0);
    e = err_wrap(e, "one more"); /* the new text is lost, but nothing leaks */
    assert_true(mem_failed());
    mem_fail_after(-1);
    assert_ptr_equal(e, err_no_memory());
}

static void each_code_has_a_name(void **state)
{
    (void)state;
    assert_string_equal(err_code_name(E_SOCKET_BIND), "SocketBind");
    assert_string_equal(err_code_name(1023), "ConfigInvalid");
    assert_string_equal(err_code_name(-1), "Unknown");
    assert_string_equal(err_code_name(1899), "Unknown");
    assert_string_equal(err_code_meaning(1899), "");
    static const int codes[] = {
#define CODE(number, symbol, name, meaning) number,
        ERR_CODES(CODE)
#undef CODE
    };
    for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
        assert_string_not_equal(err_code_name(codes[i]), "Unknown");
        assert_string_not_equal(err_code_meaning(codes[i]), "");
        for (size_t k = 0; k < i; k++)
            assert_int_not_equal(codes[k], codes[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(success_is_null),
        cmocka_unit_test(wrapping_success_stays_success),
        cmocka_unit_test(a_wrap_keeps_code_and_errno_of_its_cause),
        cmocka_unit_test(an_expected_error_is_freed_and_any_other_stays),
        cmocka_unit_test(err_sys_remembers_errno_and_err_new_does_not),
        cmocka_unit_test(a_summary_is_one_line_from_the_outside_in),
        cmocka_unit_test(the_text_is_the_words_alone),
        cmocka_unit_test(a_description_has_a_line_for_each_step),
        cmocka_unit_test(a_description_without_errno_has_no_strerror),
        cmocka_unit_test(every_printer_is_cut_at_its_storage),
        cmocka_unit_test(the_words_of_one_step_are_cut),
        cmocka_unit_test(out_of_memory_is_an_error_like_any_other),
        cmocka_unit_test(making_an_error_without_memory_gives_out_of_memory),
        cmocka_unit_test(each_code_has_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
