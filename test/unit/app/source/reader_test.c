/* The reader's cursor: peeking, advancing, and the prologue. */
#include "app/source/fixture.h"
#include "loop.h"

static struct fixture fx;
static struct source *s;
static struct reader  r;

static int setup(void **state)
{
    (void)state;
    r = (struct reader){ 0 };
    begin(&fx, "");
    s = fx.source;
    append(s, "M1 A1 V1 K1 p1 a1");
    return code_of(audience_join(&r, s));
}

static int teardown(void **state)
{
    (void)state;
    audience_leave(&r);
    end(&fx);
    return 0;
}

static void headers_come_before_the_cursor(void **state)
{
    (void)state;
    static const char *const labels[] = { "M1", "A1", "V1", "K1", "p1", "a1" };
    for (size_t i = 0; i < ARRAY_LEN(labels); i++) {
        assert_string_equal(label_of(reader_peek(&r, i)), labels[i]);
        assert_int_equal(reader_is_prologue(&r, i), i < 3);
    }
    assert_null(reader_peek(&r, 6));
    assert_null(reader_peek(&r, 100000));
}

static void advancing_may_end_anywhere(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "M1 A1 V1 K1 p1 a1", "A1 V1 K1 p1 a1", "V1 K1 p1 a1", "K1 p1 a1", "p1 a1", "a1", ""
    };
    for (size_t step = 1; step <= 6; step++) {
        struct reader other;
        assert_null(audience_join(&other, s));
        for (size_t at = 0; at < ARRAY_LEN(lines); at += step) {
            assert_string_equal(peeked(&other), lines[at]);
            assert_int_equal(reader_is_prologue(&other, 0), at < 3);
            reader_advance(&other, at + step <= 6 ? step : 6 - at);
        }
        reader_advance(&other, 0);
        assert_string_equal(peeked(&other), "");
        audience_leave(&other);
    }
}

static void peeking_takes_nothing(void **state)
{
    (void)state;
    assert_string_equal(peeked(&r), "M1 A1 V1 K1 p1 a1");
    assert_string_equal(peeked(&r), "M1 A1 V1 K1 p1 a1");
}

static void the_prologue_is_let_go_when_it_was_sent(void **state)
{
    (void)state;
    struct frame *f = reader_peek(&r, 0);
    int           refs = f->refs;
    reader_advance(&r, 2);
    assert_int_equal(f->refs, refs);
    reader_advance(&r, 1);
    assert_int_equal(f->refs, refs - 1);
    assert_int_equal(r.prologue.count, 0);
}

static void a_frame_that_is_not_due_is_not_shown(void **state)
{
    (void)state;
    assert_string_equal(taken(&r), "M1 A1 V1 K1 p1 a1");
    append(s, "p2");
    assert_true(s->released < s->ring.head);
    assert_string_equal(peeked(&r), "");
    settle(s);
    assert_string_equal(peeked(&r), "p2");
}

static void frames_are_shared_not_copied(void **state)
{
    (void)state;
    struct reader other;
    assert_null(audience_join(&other, s));
    for (size_t i = 0; i < 6; i++)
        assert_ptr_equal(reader_peek(&other, i), reader_peek(&r, i));
    audience_leave(&other);
}

static void detaching_half_way_leaks_nothing(void **state)
{
    (void)state;
    reader_advance(&r, 2);
    audience_leave(&r);
    assert_int_equal(s->n_readers, 0);
    audience_leave(&r);
    struct reader never = { 0 };
    audience_leave(&never);
}

static void a_reader_whose_place_is_gone_moves_before_it_looks(void **state)
{
    (void)state;
    assert_string_equal(taken(&r), "M1 A1 V1 K1 p1 a1");
    for (int i = 0; i < 300; i++) {
        make_older(s, US_PER_SECOND);
        append(s, i % 50 ? "p2" : "K2");
    }
    assert_true(r.seq < s->ring.tail);
    settle(s);
    const char *line = peeked(&r);
    assert_true(str_starts_with(line, "M1 A1 V1 K2 p2 "));
    assert_int_equal(r.n_jumps, 1);
    assert_int_equal(r.seq, gops_place(&s->gops)->seq);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(headers_come_before_the_cursor),
        TEST(advancing_may_end_anywhere),
        TEST(peeking_takes_nothing),
        TEST(the_prologue_is_let_go_when_it_was_sent),
        TEST(a_frame_that_is_not_due_is_not_shown),
        TEST(frames_are_shared_not_copied),
        TEST(detaching_half_way_leaks_nothing),
        TEST(a_reader_whose_place_is_gone_moves_before_it_looks),
    };
    return cmocka_run_group_tests(tests, loop_begin, loop_end);
}
