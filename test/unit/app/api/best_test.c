/* Sorted pages: every row once, in order, however the list is cut into pages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/api/best.h"
#include "core/attr.h"
#include "core/str.h"

enum { N = 200 };

static struct best_row rows[N];

/* Values that repeat, so that the order of arrival decides between some. */
static void make_rows(unsigned seed)
{
    for (size_t i = 0; i < N; i++) {
        seed = seed * 1103515245 + 12345;
        int value = (int)(seed >> 16) % 37 - 18;
        rows[i] = (struct best_row){ .number = value, .arrival = i + 1 };
        snprintf(rows[i].text, sizeof rows[i].text, "%s%d", value % 3 ? "n" : "\xc3\xa9", value);
    }
}

static int before(const struct best *b, const struct best_row *x, const struct best_row *y)
{
    int c = b->is_text ? strcmp(x->text, y->text) : (x->number > y->number) - (x->number < y->number);
    c = b->descending ? -c : c;
    return c ? c < 0 : x->arrival < y->arrival;
}

/* Walk all pages by their cursors; each must follow the one before, and none may miss. */
static void walk(bool is_text, bool descending, size_t cap)
{
    struct best_row last = { 0 };
    size_t          n = 0;
    char            place[BEST_PLACE_CAP] = "";
    for (bool more = true; more;) {
        struct best b = { .is_text = is_text, .descending = descending };
        if (*place)
            assert_true(best_read_place(&b, place));
        assert_true(best_init(&b, cap));
        for (size_t i = 0; i < N; i++)
            best_add(&b, &rows[(i * 7 + 3) % N]); /* in no order */
        best_sort(&b);
        assert_true(b.n <= cap);
        for (size_t i = 0; i < b.n; i++) {
            assert_true(n++ == 0 || before(&b, &last, &b.rows[i]));
            last = b.rows[i];
        }
        more = b.has_more;
        best_put_place(&b, &last, place);
        best_finish(&b);
    }
    assert_int_equal(n, N);
}

static void pages_have_every_row_once_and_in_order(void **state)
{
    static const size_t caps[] = { 1, 2, 7, 64, N - 1, N, N + 1 };
    (void)state;
    for (unsigned seed = 1; seed < 5; seed++) {
        make_rows(seed);
        for (size_t i = 0; i < ARRAY_LEN(caps); i++)
            for (int way = 0; way < 4; way++)
                walk(way & 1, way & 2, caps[i]);
    }
}

static void a_page_of_nothing_only_knows_that_there_is_more(void **state)
{
    (void)state;
    make_rows(1);
    struct best b = { 0 };
    assert_true(best_init(&b, 0));
    best_sort(&b);
    assert_false(b.has_more);
    best_add(&b, &rows[0]);
    assert_true(b.has_more);
    assert_int_equal(b.n, 0);
    best_finish(&b);
}

static void a_place_comes_back_as_it_was(void **state)
{
    static const int64_t     numbers[] = { 0, -1, 1, INT64_MAX, INT64_MIN };
    static const char *const texts[] = { "", "live/s", ":", "\xff\x01",
                                         "0123456789012345678901234567890123456789012345678" };
    char                     place[BEST_PLACE_CAP];
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        struct best     b = { 0 };
        struct best_row row = { .number = numbers[i], .arrival = INT64_MAX };
        best_put_place(&b, &row, place);
        assert_true(best_read_place(&b, place));
        assert_int_equal(b.after.number, numbers[i]);
        assert_int_equal(b.after.arrival, INT64_MAX);
    }
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct best     b = { .is_text = true };
        struct best_row row = { .arrival = 1 };
        str_copy(row.text, sizeof row.text, texts[i]);
        best_put_place(&b, &row, place);
        assert_true(best_read_place(&b, place));
        assert_string_equal(b.after.text, row.text);
    }
}

static void what_is_no_place_is_refused(void **state)
{
    static const char *const bad[] = { "",
                                       ":",
                                       "1",
                                       "1:",
                                       ":1",
                                       "0:1",
                                       "-1:1",
                                       "x:1",
                                       "1:x",
                                       "1: 1",
                                       "1:+1",
                                       "1:1x",
                                       "1:1:1",
                                       "99999999999999999999:1",
                                       "1:99999999999999999999",
                                       "1111111111111111111111111111111111111111:1" };
    static const char *const bad_texts[] = { "1", "1:0", "1:zz", "1:00", "1:4G", "1:AB" };
    char                     long_text[4 * BEST_TEXT_CAP] = "1:";
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct best b = { 0 };
        if (best_read_place(&b, bad[i]))
            fail_msg("%s", bad[i]);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad_texts); i++) {
        struct best b = { .is_text = true };
        if (best_read_place(&b, bad_texts[i]))
            fail_msg("%s", bad_texts[i]);
    }
    memset(long_text + 2, '4', sizeof long_text - 4);
    struct best b = { .is_text = true };
    assert_false(best_read_place(&b, long_text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages_have_every_row_once_and_in_order),
        cmocka_unit_test(a_page_of_nothing_only_knows_that_there_is_more),
        cmocka_unit_test(a_place_comes_back_as_it_was),
        cmocka_unit_test(what_is_no_place_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
