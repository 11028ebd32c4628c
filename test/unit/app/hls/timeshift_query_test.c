/* What a request asks of timeshift: times in all their forms, and nonsense. */
#include "app/hls/timeshift_query.h"

#include <cmocka.h>
#include <string.h>

#include "core/attr.h"

static void times_have_several_forms(void **state)
{
    static const struct {
        const char *text;
        int64_t     us;
    } good[] = {
        { "0", 0 },
        { "1796020800", 1796020800000000 },
        { "1796020800.5", 1796020800500000 },
        { "1796020800.1234569", 1796020800123456 },
        { "2026-11-30T06:40:00Z", 1796020800000000 },
        { "2026-11-30t06:40:00z", 1796020800000000 },
        { "2026-11-30 06:40:00", 1796020800000000 },
        { "2026-11-30T06:40:00.250Z", 1796020800250000 },
        { "2026-11-30T06:40:00,250Z", 1796020800250000 },
        { "2026-11-30T07:40:00+01:00", 1796020800000000 },
        { "2026-11-30T07:40:00 01:00", 1796020800000000 }, /* the + of a query */
        { "2026-11-30T02:10:00-0430", 1796020800000000 },
        { "2026-11-30T07:40:00+01", 1796020800000000 },
        { "2028-02-29T00:00:00Z", 1835395200000000 },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        int64_t us = -1;
        if (!hls_timeshift_time_parse(good[i].text, &us) || us != good[i].us)
            fail_msg("%s is read as %lld", good[i].text, (long long)us);
    }
}

static void nonsense_is_no_time(void **state)
{
    static const char *const bad[] = { "",
                                       " ",
                                       "-1",
                                       "+5",
                                       "1.",
                                       ".5",
                                       "1e9",
                                       "0x10",
                                       "123456789012",
                                       "now",
                                       "2026-11-30",
                                       "2026-11-30T06:40",
                                       "2026-11-30T06:40:00X",
                                       "2026-11-30T06:40:00Zz",
                                       "2026-11-30T06:40:00+1",
                                       "2026-11-30T06:40:00+24:00",
                                       "2026-11-30T06:40:00+01:60",
                                       "2026-02-29T00:00:00Z",
                                       "2026-13-01T00:00:00Z",
                                       "2026-00-10T00:00:00Z",
                                       "2026-11-30T24:00:00Z",
                                       "2026-11-30T06:60:00Z",
                                       "1969-12-31T00:00:00Z",
                                       "1970-01-01T00:00:00+01:00" };
    int64_t                  us;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        if (hls_timeshift_time_parse(bad[i], &us))
            fail_msg("\"%s\" is read as %lld", bad[i], (long long)us);
}

static enum hls_timeshift_asks parse(struct hls_timeshift_query *q, const char *delay, const char *start,
                                     const char *end)
{
    const char             *why = NULL;
    enum hls_timeshift_asks asks = hls_timeshift_query_parse(q, delay, start, end, &why);
    assert_int_equal(asks == HLS_TIMESHIFT_ASKS_NONSENSE, why != NULL);
    return asks;
}

static void a_query_asks_for_a_delay_or_a_range(void **state)
{
    struct hls_timeshift_query q;
    (void)state;
    assert_int_equal(parse(&q, NULL, NULL, NULL), HLS_TIMESHIFT_ASKS_NOTHING);
    assert_int_equal(parse(&q, "90", NULL, NULL), HLS_TIMESHIFT_ASKS);
    assert_int_equal(q.delay_us, 90000000);
    assert_int_equal(parse(&q, "0.5", NULL, NULL), HLS_TIMESHIFT_ASKS);
    assert_int_equal(q.delay_us, 500000);
    assert_int_equal(parse(&q, NULL, "5", "7"), HLS_TIMESHIFT_ASKS);
    assert_true(q.delay_us == 0 && q.has_end && q.start_us == 5000000 && q.end_us == 7000000);
    assert_int_equal(parse(&q, NULL, "5", NULL), HLS_TIMESHIFT_ASKS);
    assert_false(q.has_end);
}

static void other_combinations_are_nonsense(void **state)
{
    static const char *const   bad[][3] = { { "0", NULL, NULL },   { "", NULL, NULL }, { "x", NULL, NULL },
                                            { "5", "1", NULL },    { "5", NULL, "1" }, { NULL, NULL, "5" },
                                            { NULL, "5", "5" },    { NULL, "5", "4" }, { NULL, "", NULL },
                                            { NULL, "5", "soon" }, { NULL, "5", "" } };
    struct hls_timeshift_query q;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_int_equal(parse(&q, bad[i][0], bad[i][1], bad[i][2]), HLS_TIMESHIFT_ASKS_NONSENSE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_have_several_forms),
        cmocka_unit_test(nonsense_is_no_time),
        cmocka_unit_test(a_query_asks_for_a_delay_or_a_range),
        cmocka_unit_test(other_combinations_are_nonsense),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
