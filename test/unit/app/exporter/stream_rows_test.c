/* The rows of a scrape: the busiest streams and the sums of the others. */
#include "app/exporter/stream_rows.h"
#include "app/session/clients.h"
#include "core/mem.h"

enum { PLAYERS = 6 };

static void add_all(void)
{
    for (int i = 0; i < PLAYERS; i++)
        add(i, "v");
    co_give_way(); /* there are no turns before the first yield of a process */
}

static void a_stream_has_a_row_with_its_names(void **state)
{
    struct stream_rows t = { 0 };
    (void)state;
    add_all();
    fx.source->n_jumps = 3;
    histogram_count(&fx.source->latency, 1);
    assert_null(stream_rows_take(&t, &registry, 10));
    assert_int_equal(t.n_rows, 1);
    char wanted[256];
    snprintf(wanted, sizeof wanted, "vhost=\"%s\",app=\"%s\",stream=\"%s\"", fx.source->vhost->name, fx.source->app,
             fx.source->stream);
    assert_string_equal(t.rows[0].labels, wanted);
    assert_true(t.rows[0].is_live);
    assert_int_equal(t.rows[0].by_protocol[STAT_RTMP].n_players, PLAYERS);
    assert_int_equal(t.rows[0].n_jumps, 3);
    assert_int_equal(histogram_total(&t.rows[0].latency), 1);
    assert_int_equal(t.all.n, 1);
    assert_int_equal(t.all.n_players, PLAYERS);
    assert_int_equal(t.others.n, 0);
    assert_int_equal(t.others.n_players, 0);
    stream_rows_finish(&t);
}

static void without_a_row_it_is_one_of_the_others(void **state)
{
    struct stream_rows t = { 0 };
    (void)state;
    add_all();
    assert_null(stream_rows_take(&t, &registry, 0));
    assert_int_equal(t.n_rows, 0);
    assert_int_equal(t.others.n, 1);
    assert_int_equal(t.others.n_live, 1);
    assert_int_equal(t.others.n_players, PLAYERS);
    stream_rows_finish(&t);
}

static void too_many_scrapes_at_once_get_the_sums_alone(void **state)
{
    static struct stream_rows all[STREAM_ROWS_AT_ONCE_MAX + 1];
    (void)state;
    memset(all, 0, sizeof all);
    add_all();
    for (int i = 0; i <= STREAM_ROWS_AT_ONCE_MAX; i++) {
        assert_null(stream_rows_take(&all[i], &registry, 1));
        assert_int_equal(all[i].n_rows, i < STREAM_ROWS_AT_ONCE_MAX);
        assert_int_equal(all[i].others.n, i == STREAM_ROWS_AT_ONCE_MAX);
    }
    for (int i = 0; i <= STREAM_ROWS_AT_ONCE_MAX; i++)
        stream_rows_finish(&all[i]);
    struct stream_rows again = { 0 };
    assert_null(stream_rows_take(&again, &registry, 1));
    assert_int_equal(again.n_rows, 1);
    stream_rows_finish(&again);
}

static void memory_may_run_out(void **state)
{
    (void)state;
    add_all();
    for (int n = 0, failed = 1; failed; n++) {
        struct stream_rows t = { 0 };
        mem_fail_after(n);
        struct err *e = stream_rows_take(&t, &registry, 4);
        failed = mem_failed();
        mem_fail_after(-1);
        assert_int_equal(err_code(e) == E_SUCCESS || failed, true);
        if (!e)
            assert_int_equal(t.n_rows + (size_t)t.others.n, 1);
        err_free(e);
        stream_rows_finish(&t);
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_stream_has_a_row_with_its_names),
        TEST(without_a_row_it_is_one_of_the_others),
        TEST(too_many_scrapes_at_once_get_the_sums_alone),
        TEST(memory_may_run_out),
    };
    return cmocka_run_group_tests(tests, loop_begin, loop_end);
}
