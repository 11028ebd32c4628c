/* The tail of the log: lines in their order, and old ones that give way. The tail outlives a test, so each begins at its end. */
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "core/log.h"
#include "core/log_tail.h"

static void put(const char *trace, const char *text)
{
    log_tail_put(&(struct log_tail_line){ .wall_us = 7, .level = LOG_WARN, .trace = trace, .text = text });
}

/* A text of `len` bytes that begins with a number. */
static const char *long_text(int number, size_t len)
{
    static char text[LOG_TAIL_TEXT_MAX + 2];
    memset(text, 'x', len);
    text[len] = '\0';
    int n = snprintf(text, sizeof text, "%d ", number);
    text[n] = 'x';
    return text;
}

static void a_line_comes_back_as_it_was(void **state)
{
    (void)state;
    uint64_t n = log_tail_end();
    put("7f3a90bc", "one\nmore");
    put("", "");
    assert_int_equal(log_tail_end(), n + 2);
    struct log_tail_line line = log_tail_at(n);
    assert_int_equal(line.wall_us, 7);
    assert_int_equal(line.level, LOG_WARN);
    assert_string_equal(line.trace, "7f3a90bc");
    assert_string_equal(line.text, "one\nmore");
    assert_string_equal(log_tail_at(n + 1).trace, "");
    assert_string_equal(log_tail_at(n + 1).text, "");
}

static void short_lines_are_bounded_by_their_count(void **state)
{
    char text[32];
    (void)state;
    uint64_t begin = log_tail_end();
    for (int i = 0; i < 3 * LOG_TAIL_LINES; i++) {
        snprintf(text, sizeof text, "%d", i);
        put("t", text);
        assert_true(log_tail_end() - log_tail_oldest() <= LOG_TAIL_LINES);
    }
    assert_int_equal(log_tail_end() - log_tail_oldest(), LOG_TAIL_LINES);
    for (uint64_t n = log_tail_oldest(); n < log_tail_end(); n++) {
        snprintf(text, sizeof text, "%d", (int)(n - begin));
        assert_string_equal(log_tail_at(n).text, text);
    }
}

/* Lengths that fit no end of the memory evenly; every line that is still told of is whole after each put. */
static void long_lines_are_bounded_by_their_bytes(void **state)
{
    static const size_t lens[] = { LOG_TAIL_TEXT_MAX, 10, 3000, 777, LOG_TAIL_TEXT_MAX - 1, 64 };
    enum { N_LENS = sizeof lens / sizeof lens[0], ROUNDS = 2000 };
    (void)state;
    uint64_t begin = log_tail_end();
    for (int i = 0; i < ROUNDS; i++) {
        size_t total = 0;
        put("trace", long_text(i, lens[i % N_LENS]));
        for (uint64_t n = log_tail_oldest() > begin ? log_tail_oldest() : begin; n < log_tail_end(); n++) {
            int number = (int)(n - begin);
            total += strlen(log_tail_at(n).text);
            assert_string_equal(log_tail_at(n).trace, "trace");
            assert_string_equal(log_tail_at(n).text, long_text(number, lens[number % N_LENS]));
        }
        assert_true(total < LOG_TAIL_BYTES);
        assert_true(total > LOG_TAIL_BYTES - 2 * LOG_TAIL_TEXT_MAX || i < LOG_TAIL_BYTES / 1000);
    }
}

static void longer_texts_are_cut(void **state)
{
    char trace[LOG_TAIL_TRACE_MAX + 2];
    (void)state;
    memset(trace, 't', sizeof trace - 1);
    trace[sizeof trace - 1] = '\0';
    uint64_t n = log_tail_end();
    put(trace, long_text(1, LOG_TAIL_TEXT_MAX + 1));
    assert_int_equal(strlen(log_tail_at(n).trace), LOG_TAIL_TRACE_MAX);
    assert_int_equal(strlen(log_tail_at(n).text), LOG_TAIL_TEXT_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_comes_back_as_it_was),
        cmocka_unit_test(short_lines_are_bounded_by_their_count),
        cmocka_unit_test(long_lines_are_bounded_by_their_bytes),
        cmocka_unit_test(longer_texts_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
